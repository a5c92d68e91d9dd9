package dev.elephantfolio.cli;

import dev.elephantfolio.trace.RecordingReader;
import dev.elephantfolio.trace.RecordingTotals;
import java.io.IOException;
import java.nio.file.Path;
import picocli.CommandLine.Option;
import picocli.CommandLine.Parameters;

/** The recording that a command works on. */
final class RecordingOption {
  @Parameters(paramLabel = "F.eft", description = "The recording.")
  @SuppressWarnings("NullAway.Init")
  Path file;

  @Option(
      names = "--salvage",
      description = "Of a damaged recording, take what comes before the damage.")
  boolean salvage;

  RecordingReader.Mode mode() {
    return salvage ? RecordingReader.Mode.SALVAGE : RecordingReader.Mode.STRICT;
  }

  RecordingReader open() throws IOException {
    return RecordingReader.open(file, mode());
  }

  /** How many events it holds; 0 when its end, which tells it, is damaged. */
  long eventCount() throws IOException {
    try (RecordingReader reader = open()) {
      return reader.totals().map(RecordingTotals::events).orElse(0L);
    }
  }
}
