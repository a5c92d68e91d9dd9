package dev.elephantfolio.benchmarks;

import dev.elephantfolio.lab.replay.Replay;
import dev.elephantfolio.lab.replay.ReplayObserver;
import dev.elephantfolio.lab.replay.ReplayOptions;
import dev.elephantfolio.lab.replay.ReplayReport;
import dev.elephantfolio.trace.RecordingReader;
import java.io.IOException;
import java.nio.file.Path;
import java.util.Map;
import java.util.concurrent.TimeUnit;
import org.openjdk.jmh.annotations.AuxCounters;
import org.openjdk.jmh.annotations.Benchmark;
import org.openjdk.jmh.annotations.BenchmarkMode;
import org.openjdk.jmh.annotations.Fork;
import org.openjdk.jmh.annotations.Measurement;
import org.openjdk.jmh.annotations.Mode;
import org.openjdk.jmh.annotations.OutputTimeUnit;
import org.openjdk.jmh.annotations.Param;
import org.openjdk.jmh.annotations.Scope;
import org.openjdk.jmh.annotations.Setup;
import org.openjdk.jmh.annotations.State;
import org.openjdk.jmh.annotations.Warmup;

/**
 * Whole replays of the example recordings: the score is replays, {@code events} is events a second.
 * To be run in the project's root, or with {@code -p examples=DIRECTORY}.
 */
@BenchmarkMode(Mode.Throughput)
@OutputTimeUnit(TimeUnit.SECONDS)
@Fork(1)
@Warmup(iterations = 5, time = 1)
@Measurement(iterations = 5, time = 1)
@State(Scope.Thread)
public class ReplayBenchmark {
  /** Where the recordings are. */
  @Param("examples")
  public String examples = "examples";

  /** Which of them. */
  @Param({"redis", "sqlite", "jvm-threads"})
  public String recording = "redis";

  /** Under which {@code transparent_hugepage/enabled}. */
  @Param({"never", "always"})
  public String enabled = "never";

  private Path file = Path.of("");
  private ReplayOptions options = ReplayOptions.with(Map.of());

  /** Counts events beside replays. */
  @State(Scope.Thread)
  @AuxCounters(AuxCounters.Type.OPERATIONS)
  public static class Counter {
    /** Events that were replayed. */
    public long events;
  }

  /** Finds the recording. */
  @Setup
  public void find() {
    file = Path.of(examples, recording + ".eft");
    options = ReplayOptions.with(Map.of("transparent_hugepage/enabled", enabled));
  }

  /** One replay. */
  @Benchmark
  public ReplayReport replay(Counter counter) throws IOException {
    ReplayReport report =
        Replay.run(file, RecordingReader.Mode.STRICT, options, ReplayObserver.NONE);
    counter.events += report.counts().events();
    return report;
  }
}
