package dev.elephantfolio.linux.program;

import dev.elephantfolio.linux.LinuxException;
import java.io.IOException;
import java.nio.charset.StandardCharsets;
import java.nio.file.Files;
import java.nio.file.Path;
import java.nio.file.StandardCopyOption;
import java.nio.file.attribute.PosixFilePermissions;
import java.util.ArrayList;
import java.util.HexFormat;
import java.util.List;
import java.util.Map;
import java.util.stream.Stream;

/**
 * A C program that is compiled when it is first needed, and again when its source has changed.
 *
 * @param path where it stands, executable
 */
public record CompiledProgram(Path path) {
  /** Where programs are kept that can be made again. */
  public static Path usualCache() {
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
   * @throws LinuxException when there is no compiler, or no such directory can be made
   */
  public static CompiledProgram in(Path cache, ProgramSource source) {
    Path program =
        cache.resolve(source.name() + "-" + HexFormat.of().toHexDigits(source.checksum()));
    try {
      if (!Files.isExecutable(program)) {
        Files.createDirectories(
            cache,
            PosixFilePermissions.asFileAttribute(PosixFilePermissions.fromString("rwx------")));
        compile(source, program);
      }
    } catch (IOException e) {
      throw new LinuxException(
          cache + ": the program for the live kernel cannot be kept there: " + e.getMessage(), e);
    }
    return new CompiledProgram(program);
  }

  /** Compiles beside its place, and moves it there when it is whole. */
  private static void compile(ProgramSource source, Path program) throws IOException {
    Path work = Files.createTempDirectory(program.toAbsolutePath().getParent(), "compile");
    try {
      Path made = work.resolve("program.out");
      List<String> words = new ArrayList<>(List.of("cc", "-O2", "-o", made.toString()));
      words.addAll(source.flags());
      for (Map.Entry<String, byte[]> file : source.texts().entrySet()) {
        Path text = Files.write(work.resolve(file.getKey()), file.getValue());
        if (file.getKey().endsWith(".c")) {
          words.add(text.toString());
        }
      }
      run(words, work.resolve("errors"));
      Files.move(made, program, StandardCopyOption.ATOMIC_MOVE);
    } finally {
      delete(work);
    }
  }

  private static void run(List<String> words, Path errors) {
    try {
      Process cc =
          new ProcessBuilder(words)
              .redirectErrorStream(true)
              .redirectOutput(errors.toFile())
              .start();
      cc.getOutputStream().close();
      if (cc.waitFor() != 0) {
        throw new LinuxException(
            "cc could not compile the program for the live kernel (is libc6-dev installed?): "
                + firstLine(errors));
      }
    } catch (IOException e) {
      throw new LinuxException(
          "there is no cc to compile the program for the live kernel (apt-get install gcc"
              + " libc6-dev)",
          e);
    } catch (InterruptedException e) {
      Thread.currentThread().interrupt();
      throw new LinuxException("interrupted", e);
    }
  }

  /** The first error if one is marked so, else the first line. */
  private static String firstLine(Path errors) throws IOException {
    List<String> lines =
        new String(Files.readAllBytes(errors), StandardCharsets.UTF_8).lines().toList();
    return lines.stream()
        .filter(line -> line.contains("error"))
        .findFirst()
        .or(() -> lines.stream().findFirst())
        .orElse("it says nothing");
  }

  private static void delete(Path work) throws IOException {
    try (Stream<Path> files = Files.list(work)) {
      for (Path file : files.toList()) {
        Files.deleteIfExists(file);
      }
    }
    Files.deleteIfExists(work);
  }
}
