package dev.elephantfolio.lab.bench;

import dev.elephantfolio.lab.LabException;
import dev.elephantfolio.linux.program.CompiledProgram;
import dev.elephantfolio.linux.program.ProgramSource;
import java.io.IOException;
import java.nio.charset.StandardCharsets;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.List;

/**
 * The C program that does the operations on the live kernel.
 *
 * @param path where it stands, executable
 */
record LiveProgram(Path path) {
  private static final ProgramSource SOURCE =
      new ProgramSource(LiveProgram.class, "bench-live", List.of("live.c"), List.of());

  /**
   * The program in that directory, compiled now if it is not there.
   *
   * @throws dev.elephantfolio.linux.LinuxException when there is no compiler, or no such directory
   *     can be made
   */
  static LiveProgram in(Path cache) {
    return new LiveProgram(CompiledProgram.in(cache, SOURCE).path());
  }

  /**
   * What a program has written and how it ended.
   *
   * @param exitCode 0 when all went well
   */
  record Output(int exitCode, String text, String errors) {
    String firstErrorLine() {
      return errors.lines().findFirst().orElse("it ended with " + exitCode);
    }
  }

  /**
   * Runs it to its end.
   *
   * @throws LabException when it fails, with what it says
   */
  String run(String... arguments) {
    List<String> words = new ArrayList<>(List.of(path.toString()));
    words.addAll(List.of(arguments));
    Output output = run(words);
    if (output.exitCode() != 0) {
      throw new LabException(output.firstErrorLine());
    }
    return output.text().strip();
  }

  private static Output run(List<String> words) {
    try {
      Path errors = Files.createTempFile("efolio-live", ".err");
      try {
        Process process = new ProcessBuilder(words).redirectError(errors.toFile()).start();
        return finish(process, errors);
      } finally {
        Files.deleteIfExists(errors);
      }
    } catch (IOException e) {
      throw new LabException(words.getFirst() + ": cannot be run: " + e.getMessage());
    }
  }

  private static Output finish(Process process, Path errors) throws IOException {
    try {
      process.getOutputStream().close();
      String text = new String(process.getInputStream().readAllBytes(), StandardCharsets.UTF_8);
      int exitCode = process.waitFor();
      return new Output(exitCode, text, Files.readString(errors));
    } catch (InterruptedException e) {
      Thread.currentThread().interrupt();
      throw new LabException("interrupted");
    } finally {
      process.destroyForcibly();
    }
  }
}
