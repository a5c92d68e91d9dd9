package dev.elephantfolio.lab.bench;

import dev.elephantfolio.trace.RecordingReader;
import dev.elephantfolio.trace.perf.ImportProgress;
import dev.elephantfolio.trace.perf.PerfImportOptions;
import dev.elephantfolio.trace.perf.PerfImporter;
import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;

/** Imports a text as a recording, or reads the recording that was made of it. */
final class RecordingRun implements Run {
  private final Workload workload;
  private final SampleText text;
  private final Path directory;
  private final Path recording;

  private RecordingRun(Workload workload, SampleText text, Path directory) {
    this.workload = workload;
    this.text = text;
    this.directory = directory;
    this.recording = directory.resolve("sample.eft");
  }

  /** A run of a {@link Workload.Kind#RECORDING} workload. */
  static Run of(Workload workload, int lines) throws IOException {
    Path directory = Files.createTempDirectory("efolio-bench");
    RecordingRun run = new RecordingRun(workload, SampleText.ofLines(lines), directory);
    try {
      long _ = run.importText();
    } catch (IOException | RuntimeException e) {
      run.close();
      throw e;
    }
    return run;
  }

  @Override
  public long pass(Stopwatch watch) throws IOException {
    watch.start();
    long done = workload == Workload.PERF_TEXT ? importText() : read();
    watch.stop();
    return done;
  }

  private long importText() throws IOException {
    return new PerfImporter(PerfImportOptions.defaults())
        .importStream(text.open(), "sample", recording, ImportProgress.NONE)
        .lines();
  }

  /** Looks at each event's time and address, as a replay does. */
  private long read() throws IOException {
    long events = 0;
    long seen = 0;
    try (RecordingReader reader = RecordingReader.open(recording)) {
      while (reader.next()) {
        seen ^= reader.timeNanos() ^ reader.address() ^ reader.pid() ^ reader.kind().code();
        events++;
      }
    }
    if (seen == -1) {
      throw new IllegalStateException("never so; the reading must not be optimised away");
    }
    return events;
  }

  @Override
  public void close() throws IOException {
    Files.deleteIfExists(recording);
    Files.deleteIfExists(directory);
  }
}
