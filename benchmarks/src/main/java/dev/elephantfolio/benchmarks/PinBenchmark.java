package dev.elephantfolio.benchmarks;

import dev.elephantfolio.engine.Process;
import dev.elephantfolio.engine.gup.GupFlags;
import dev.elephantfolio.engine.mm.MapFlags;
import dev.elephantfolio.engine.mm.Prot;
import java.util.concurrent.TimeUnit;
import org.openjdk.jmh.annotations.Benchmark;
import org.openjdk.jmh.annotations.BenchmarkMode;
import org.openjdk.jmh.annotations.Fork;
import org.openjdk.jmh.annotations.Measurement;
import org.openjdk.jmh.annotations.Mode;
import org.openjdk.jmh.annotations.OperationsPerInvocation;
import org.openjdk.jmh.annotations.OutputTimeUnit;
import org.openjdk.jmh.annotations.Param;
import org.openjdk.jmh.annotations.Scope;
import org.openjdk.jmh.annotations.Setup;
import org.openjdk.jmh.annotations.State;
import org.openjdk.jmh.annotations.Threads;
import org.openjdk.jmh.annotations.Warmup;

/**
 * Pinning a page without a lock and letting go of it again, by one thread and by two on one
 * machine; one operation is one pin with its unpin.
 */
@BenchmarkMode(Mode.Throughput)
@OutputTimeUnit(TimeUnit.SECONDS)
@Fork(1)
@Warmup(iterations = 5, time = 1)
@Measurement(iterations = 5, time = 1)
public class PinBenchmark {
  private static final int PAGES = 512;
  private static final long BYTES = (long) PAGES * Arena.PAGE;

  /** The machine that all threads work on. */
  @State(Scope.Benchmark)
  public static class Shared {
    /** The size of the pages behind the pins. */
    @Param({"4K", "2M"})
    public String pageSize = "4K";

    private Arena arena = Arena.small();

    /** A machine that gives pages of the wanted size. */
    @Setup
    public void build() {
      arena = pageSize.equals("2M") ? Arena.huge() : Arena.small();
    }
  }

  /** A thread's process. */
  @State(Scope.Thread)
  public static class Own {
    private Process process = Arena.small().process;

    /** Some pages that are there. */
    @Setup
    public void map(Shared shared) {
      process = shared.arena.machine.spawn("pinner");
      int flags = MapFlags.PRIVATE | MapFlags.ANONYMOUS | MapFlags.FIXED_NOREPLACE;
      long _ = process.mmap(Arena.START, BYTES, Prot.READ | Prot.WRITE, flags);
      for (int i = 0; i < PAGES; i++) {
        process.write(Arena.START + (long) i * Arena.PAGE, i);
      }
    }

    private void pinEach() {
      for (int i = 0; i < PAGES; i++) {
        long address = Arena.START + (long) i * Arena.PAGE;
        process.pin(address, Arena.PAGE, GupFlags.WRITE).unpin();
      }
    }
  }

  /** By one thread. */
  @Benchmark
  @Threads(1)
  @OperationsPerInvocation(PAGES)
  public void oneThread(Own own) {
    own.pinEach();
  }

  /** By two threads in two processes. */
  @Benchmark
  @Threads(2)
  @OperationsPerInvocation(PAGES)
  public void twoThreads(Own own) {
    own.pinEach();
  }
}
