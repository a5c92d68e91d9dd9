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

/**
 * First touches of anonymous memory, the whole way from {@code Process.write}; one operation is one
 * fault.
 */
@BenchmarkMode(Mode.Throughput)
@OutputTimeUnit(TimeUnit.SECONDS)
@Fork(1)
@Warmup(iterations = 5, time = 1)
@Measurement(iterations = 5, time = 1)
public class FaultBenchmark {
  private static final int MEDIUM = 64 << 10;

  /** 4 KiB pages. */
  @State(Scope.Thread)
  public static class Small {
    private final Arena arena = Arena.small();

    /** Nothing is mapped in the page tables. */
    @Setup(Level.Invocation)
    public void remap() {
      arena.remap();
    }
  }

  /** 64 KiB folios. */
  @State(Scope.Thread)
  public static class Medium {
    private final Arena arena = Arena.medium();

    /** Nothing is mapped in the page tables. */
    @Setup(Level.Invocation)
    public void remap() {
      arena.remap();
    }
  }

  /** 2 MiB pages. */
  @State(Scope.Thread)
  public static class Huge {
    private final Arena arena = Arena.huge();

    /** Nothing is mapped in the page tables. */
    @Setup(Level.Invocation)
    public void remap() {
      arena.remap();
    }
  }

  /** Write faults that get a 4 KiB page. */
  @Benchmark
  @OperationsPerInvocation(Arena.PAGES)
  public void write4K(Small state) {
    state.arena.write(Arena.PAGE);
  }

  /** Read faults that map the zero page. */
  @Benchmark
  @OperationsPerInvocation(Arena.PAGES)
  public long readZeroPage(Small state) {
    return state.arena.read(Arena.PAGE);
  }

  /** Write faults that get a folio of 64 KiB. */
  @Benchmark
  @OperationsPerInvocation((int) (Arena.BYTES / MEDIUM))
  public void write64K(Medium state) {
    state.arena.write(MEDIUM);
  }

  /** Write faults that get a huge page, metadata only: contents are a tag. */
  @Benchmark
  @OperationsPerInvocation(Arena.HUGE_PAGES)
  public void write2M(Huge state) {
    state.arena.write(Arena.HUGE_PAGE);
  }
}
