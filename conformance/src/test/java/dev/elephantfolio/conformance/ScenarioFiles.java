package dev.elephantfolio.conformance;

import java.io.IOException;
import java.io.UncheckedIOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.List;
import java.util.stream.Stream;

/** The scenario files that are kept. */
final class ScenarioFiles {
  private ScenarioFiles() {}

  /** Those under a directory of this module, sorted. */
  static List<Path> under(String directory) {
    try (Stream<Path> all = Files.walk(Path.of(directory))) {
      return all.filter(path -> path.toString().endsWith(".efs")).sorted().toList();
    } catch (IOException e) {
      throw new UncheckedIOException(e);
    }
  }
}
