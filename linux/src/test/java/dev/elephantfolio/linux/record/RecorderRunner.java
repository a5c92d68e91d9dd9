package dev.elephantfolio.linux.record;

import dev.elephantfolio.trace.perf.ImportProgress;
import java.nio.file.Path;
import java.util.Arrays;
import java.util.List;

/** A JVM that records: the output file, then the command. */
final class RecorderRunner {
  private RecorderRunner() {}

  public static void main(String[] arguments) {
    List<String> command = Arrays.asList(arguments).subList(1, arguments.length);
    Recorder.Result result = new Recorder(command, Path.of(arguments[0])).run(ImportProgress.NONE);
    System.exit(result.exitCode());
  }
}
