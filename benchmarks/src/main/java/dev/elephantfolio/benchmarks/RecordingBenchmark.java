package dev.elephantfolio.benchmarks;

import dev.elephantfolio.lab.bench.SampleText;
import dev.elephantfolio.trace.AccessBits;
import dev.elephantfolio.trace.RecordingHeader;
import dev.elephantfolio.trace.RecordingReader;
import dev.elephantfolio.trace.RecordingTotals;
import dev.elephantfolio.trace.RecordingWriter;
import dev.elephantfolio.trace.perf.ImportProgress;
import dev.elephantfolio.trace.perf.ImportReport;
import dev.elephantfolio.trace.perf.PerfImportOptions;
import dev.elephantfolio.trace.perf.PerfImporter;
import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.concurrent.TimeUnit;
import org.openjdk.jmh.annotations.Benchmark;
import org.openjdk.jmh.annotations.BenchmarkMode;
import org.openjdk.jmh.annotations.Fork;
import org.openjdk.jmh.annotations.Measurement;
import org.openjdk.jmh.annotations.Mode;
import org.openjdk.jmh.annotations.OperationsPerInvocation;
import org.openjdk.jmh.annotations.OutputTimeUnit;
import org.openjdk.jmh.annotations.Scope;
import org.openjdk.jmh.annotations.Setup;
import org.openjdk.jmh.annotations.State;
import org.openjdk.jmh.annotations.TearDown;
import org.openjdk.jmh.annotations.Warmup;
import org.openjdk.jmh.infra.Blackhole;

/** Reading, writing and importing of recordings; one operation is one event or one line. */
@BenchmarkMode(Mode.Throughput)
@OutputTimeUnit(TimeUnit.SECONDS)
@Fork(1)
@Warmup(iterations = 5, time = 1)
@Measurement(iterations = 5, time = 1)
@State(Scope.Thread)
public class RecordingBenchmark {
  /** Events of the recording that is written and read. */
  private static final int EVENTS = 200_000;

  /** Lines of the text: a thousand at its beginning, the rest repeated three thousand at a time. */
  private static final int LINES = 199_000;

  private static final int PAGE = 4096;
  private static final int NANOS_BETWEEN = 850;

  private final SampleText text = SampleText.ofLines(LINES);
  private Path directory = Path.of("");

  /** Writes the recording that is read. */
  @Setup
  public void prepare() throws IOException {
    if (text.lines() != LINES) {
      throw new IllegalStateException("the text has " + text.lines() + " lines");
    }
    directory = Files.createTempDirectory("efolio-benchmark");
    RecordingTotals _ = write(directory.resolve("read.eft"));
  }

  /** Leaves nothing behind. */
  @TearDown
  public void clean() throws IOException {
    for (String name : new String[] {"read.eft", "written.eft", "imported.eft"}) {
      Files.deleteIfExists(directory.resolve(name));
    }
    Files.delete(directory);
  }

  /** Page faults as a program makes them that fills its heap here and looks up there. */
  private static RecordingTotals write(Path file) throws IOException {
    try (RecordingWriter writer =
        RecordingWriter.create(file, RecordingHeader.of("benchmark", "", 2, "benchmark"))) {
      long scattered = 1;
      for (int i = 0; i < EVENTS; i++) {
        boolean inOrder = i % 4 != 0;
        scattered = scattered * 6364136223846793005L + 1442695040888963407L;
        long page = inOrder ? i : scattered >>> 46;
        long jitter = scattered >>> 56;
        int access = inOrder ? AccessBits.WRITE : AccessBits.READ;
        writer.touch((long) i * NANOS_BETWEEN + jitter, 100, 100 + i % 3, page * PAGE, access);
      }
      return writer.commit();
    }
  }

  /** Events written to a recording, compressed as those that are kept. */
  @Benchmark
  @OperationsPerInvocation(EVENTS)
  public RecordingTotals writeEvents() throws IOException {
    return write(directory.resolve("written.eft"));
  }

  /** Events read from a recording. */
  @Benchmark
  @OperationsPerInvocation(EVENTS)
  public void readEvents(Blackhole blackhole) throws IOException {
    try (RecordingReader reader = RecordingReader.open(directory.resolve("read.eft"))) {
      while (reader.next()) {
        blackhole.consume(reader.timeNanos() ^ reader.address() ^ reader.pid());
      }
    }
  }

  /** Lines of perf script text made a recording. */
  @Benchmark
  @OperationsPerInvocation(LINES)
  public ImportReport importPerfText() throws IOException {
    return new PerfImporter(PerfImportOptions.defaults())
        .importStream(
            text.open(), "sample", directory.resolve("imported.eft"), ImportProgress.NONE);
  }
}
