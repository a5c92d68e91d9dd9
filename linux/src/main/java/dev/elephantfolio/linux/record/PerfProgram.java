package dev.elephantfolio.linux.record;

import dev.elephantfolio.linux.LinuxException;
import dev.elephantfolio.linux.command.Command;
import java.io.IOException;
import java.nio.charset.StandardCharsets;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.List;
import java.util.Map;
import java.util.Optional;

/** How perf is run whatever it does: no settings of the user's, no translated messages. */
final class PerfProgram {
  private static final Map<String, String> ENVIRONMENT =
      Map.of("PERF_CONFIG", "/dev/null", "LC_ALL", "C");

  private PerfProgram() {}

  /** Says so when there is no perf. */
  static void require() {
    if (Command.find("perf").isEmpty()) {
      throw new LinuxException("perf is not installed: apt-get install linux-perf");
    }
  }

  /** perf without input, its complaints going to a file, its output to be redirected. */
  static ProcessBuilder with(List<String> words, Path errors) {
    ProcessBuilder builder =
        new ProcessBuilder(words)
            .redirectInput(Path.of("/dev/null").toFile())
            .redirectError(errors.toFile());
    builder.environment().putAll(ENVIRONMENT);
    return builder;
  }

  /** The first line perf wrote that says what went wrong. */
  static Optional<String> complaint(Path errors) throws IOException {
    return new String(Files.readAllBytes(errors), StandardCharsets.UTF_8)
        .lines()
        .map(String::strip)
        .filter(line -> !line.isEmpty() && !line.equals("Error:"))
        .filter(line -> !line.startsWith("WARNING") && !line.startsWith("'trace' not valid"))
        .findFirst();
  }
}
