package dev.elephantfolio.trace.perf;

import dev.elephantfolio.trace.RecordingPrinter;
import dev.elephantfolio.trace.RecordingReader;
import java.io.IOException;
import java.io.InputStream;
import java.nio.file.Path;
import java.util.List;
import java.util.Objects;

/** Parts of real perf script texts, as test resources. */
final class Excerpt {
  private Excerpt() {}

  /** Imports the excerpt. */
  static ImportReport importTo(String name, Path target) throws IOException {
    String resource = name + ".perf.txt.gz";
    try (InputStream in =
        Objects.requireNonNull(Excerpt.class.getResourceAsStream(resource), resource)) {
      return new PerfImporter(PerfImportOptions.defaults())
          .importStream(in, resource, target, ImportProgress.NONE);
    }
  }

  /** The excerpt's events as printed. */
  static List<String> events(String name, Path folder) throws IOException {
    Path file = folder.resolve(name + ".eft");
    importTo(name, file);
    StringBuilder text = new StringBuilder();
    try (RecordingReader reader = RecordingReader.open(file)) {
      RecordingPrinter.print(reader, text);
    }
    return text.toString().lines().toList();
  }
}
