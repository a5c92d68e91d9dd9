package dev.elephantfolio.linux.measure;

import dev.elephantfolio.linux.settings.Setting;
import java.nio.file.Path;
import java.util.Arrays;
import java.util.List;

/** A JVM that measures under {@code always}: the output file, then the command. */
final class MeasurementRunner {
  private MeasurementRunner() {}

  public static void main(String[] arguments) {
    List<String> command = Arrays.asList(arguments).subList(1, arguments.length);
    Measurement.Result result =
        Measurement.of(List.of(Setting.parse("transparent_hugepage/enabled=always")), command)
            .writeTo(Path.of(arguments[0]), line -> System.err.println(line));
    System.exit(result.exitCode());
  }
}
