package dev.elephantfolio.benchmarks;

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

/** munmap of touched memory; one operation is one page that is unmapped and freed. */
@BenchmarkMode(Mode.Throughput)
@OutputTimeUnit(TimeUnit.SECONDS)
@Fork(1)
@Warmup(iterations = 5, time = 1)
@Measurement(iterations = 5, time = 1)
public class UnmapBenchmark {
  /** 4 KiB pages. */
  @State(Scope.Thread)
  public static class Small {
    private final Arena arena = Arena.small();

    /** All pages are mapped. */
    @Setup(Level.Invocation)
    public void touch() {
      arena.remap();
      arena.write(Arena.PAGE);
    }
  }

  /** 2 MiB pages. */
  @State(Scope.Thread)
  public static class Huge {
    private final Arena arena = Arena.huge();

    /** All huge pages are mapped. */
    @Setup(Level.Invocation)
    public void touch() {
      arena.remap();
      arena.write(Arena.HUGE_PAGE);
    }
  }

  /** Pages of 4 KiB. */
  @Benchmark
  @OperationsPerInvocation(Arena.PAGES)
  public void munmap4K(Small state) {
    state.arena.unmap();
  }

  /** Huge pages. */
  @Benchmark
  @OperationsPerInvocation(Arena.HUGE_PAGES)
  public void munmap2M(Huge state) {
    state.arena.unmap();
  }
}
