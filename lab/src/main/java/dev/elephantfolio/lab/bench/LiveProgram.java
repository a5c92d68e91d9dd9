package dev.elephantfolio.lab.bench;

import dev.elephantfolio.lab.LabException;
import java.io.IOException;
import java.io.InputStream;
import java.nio.charset.StandardCharsets;
import java.nio.file.Files;
import java.nio.file.Path;
import java.nio.file.StandardCopyOption;
import java.nio.file.attribute.PosixFilePermissions;
import java.util.ArrayList;
import java.util.HexFormat;
import java.util.List;
import java.util.zip.CRC32C;

/**
 * The C program that does the operations on the live kernel. It is compiled when it is first
 * needed, and again when its source has changed.
 *
 * @param path where it stands, executable
 */
record LiveProgram(Path path) {
  private static final String SOURCE = "live.c";

  /** Where programs are kept that can be made again. */
  static Path usualCache() {
    String cache = System.getenv("XDG_CACHE_HOME");
    Path parent =
        cache == null || cache.isEmpty()
            ? Path.of(System.getProperty("user.home"), ".cache")
            : Path.of(cache);
    return parent.resolve("elephant-folio");
  }

  /**
   * The program in that directory, compiled now if it is not there.
   *
   * @throws LabException when there is no compiler, or no such directory can be made
   */
  static LiveProgram in(Path cache) {
    byte[] source = source();
    Path program = cache.resolve("bench-live-" + checksum(source));
    try {
      if (!Files.isExecutable(program)) {
        Files.createDirectories(
            cache,
            PosixFilePermissions.asFileAttribute(PosixFilePermissions.fromString("rwx------")));
        compile(source, program);
      }
    } catch (IOException e) {
      throw new LabException(cache + ": the live program cannot be kept there: " + e.getMessage());
    }
    return new LiveProgram(program);
  }

  private static byte[] source() {
    try (InputStream in = LiveProgram.class.getResourceAsStream(SOURCE)) {
      if (in == null) {
        throw new IllegalStateException("no resource " + SOURCE);
      }
      return in.readAllBytes();
    } catch (IOException e) {
      throw new IllegalStateException(SOURCE + ": " + e.getMessage(), e);
    }
  }

  private static String checksum(byte[] source) {
    CRC32C sum = new CRC32C();
    sum.update(source);
    return HexFormat.of().toHexDigits((int) sum.getValue());
  }

  /** Compiles beside its place, and moves it there when it is whole. */
  private static void compile(byte[] source, Path program) throws IOException {
    Path work = Files.createTempDirectory(program.getParent(), "compile");
    Path text = work.resolve(SOURCE);
    Path made = work.resolve("live");
    try {
      Files.write(text, source);
      Output output = run(List.of("cc", "-O2", "-o", made.toString(), text.toString()));
      if (output.exitCode() != 0) {
        throw new LabException(
            "cc could not compile the program for the live kernel (is libc6-dev installed?): "
                + output.firstErrorLine());
      }
      Files.move(made, program, StandardCopyOption.ATOMIC_MOVE);
    } finally {
      Files.deleteIfExists(text);
      Files.deleteIfExists(made);
      Files.deleteIfExists(work);
    }
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
      throw new LabException(
          words.getFirst().equals("cc")
              ? "there is no cc to compile the program for the live kernel (apt-get install gcc"
                  + " libc6-dev)"
              : words.getFirst() + ": cannot be run: " + e.getMessage());
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
