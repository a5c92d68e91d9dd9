package dev.elephantfolio.benchmarks;

import dev.elephantfolio.engine.mm.Madvise;
import java.util.concurrent.TimeUnit;
import org.openjdk.jmh.annotations.Benchmark;
import org.openjdk.jmh.annotations.BenchmarkMode;
import org.openjdk.jmh.annotations.Fork;
import org.openjdk.jmh.annotations.Level;
import org.openjdk.jmh.annotations.Measurement;
import org.openjdk.jmh.annotations.Mode;
import org.openjdk.jmh.annotations.OperationsPerInvocation;
import org.openjdk.jmh.annotations.OutputTimeUnit;
import org.openjdk.jmh.annotations.Scope;
import org.openjdk.jmh.annotations.Setup;
import org.openjdk.jmh.annotations.State;
import org.openjdk.jmh.annotations.Warmup;

/** Huge pages split to small ones, and small ones collapsed; one operation is one huge page. */
@BenchmarkMode(Mode.Throughput)
@OutputTimeUnit(TimeUnit.SECONDS)
@Fork(1)
@Warmup(iterations = 5, time = 1)
@Measurement(iterations = 5, time = 1)
public class SplitCollapseBenchmark {
  /** Huge pages. */
  @State(Scope.Thread)
  public static class Huge {
    private final Arena arena = Arena.huge();

    /** All huge pages are whole. */
    @Setup(Level.Invocation)
    public void touch() {
      arena.remap();
      arena.write(Arena.HUGE_PAGE);
    }
  }

  /** Small pages. */
  @State(Scope.Thread)
  public static class Small {
    private final Arena arena = Arena.small();

    /** No page is huge. */
    @Setup(Level.Invocation)
    public void touch() {
      arena.remap();
      arena.write(Arena.PAGE);
    }
  }

  /** Splits to order 0, as debugfs's split_huge_pages does. */
  @Benchmark
  @OperationsPerInvocation(Arena.HUGE_PAGES)
  public void split(Huge state) {
    state.arena.machine.splitHugePages(
        state.arena.process, Arena.START, Arena.START + Arena.BYTES, 0);
  }

  /** madvise(MADV_COLLAPSE) of 512 small pages each. */
  @Benchmark
  @OperationsPerInvocation(Arena.HUGE_PAGES)
  public void collapse(Small state) {
    state.arena.process.madvise(Arena.START, Arena.BYTES, Madvise.COLLAPSE);
  }
}
