package dev.elephantfolio.benchmarks;

import dev.elephantfolio.engine.Process;
import dev.elephantfolio.engine.mm.Madvise;
import dev.elephantfolio.engine.mm.MapFlags;
import dev.elephantfolio.engine.mm.Prot;
import java.util.concurrent.TimeUnit;
import java.util.concurrent.atomic.AtomicInteger;
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
import org.openjdk.jmh.annotations.Threads;
import org.openjdk.jmh.annotations.Warmup;

/**
 * First writes to 4 KiB pages by one thread and by two on one machine: each in a process of its
 * own, or both in one process, whose areas have a lock each. One operation is one fault.
 */
@BenchmarkMode(Mode.Throughput)
@OutputTimeUnit(TimeUnit.SECONDS)
@Fork(1)
@Warmup(iterations = 5, time = 1)
@Measurement(iterations = 5, time = 1)
public class FaultScalingBenchmark {
  private static final int PAGES = 8192;
  private static final long BYTES = (long) PAGES * Arena.PAGE;

  /** How far apart the threads' areas are. */
  private static final long STEP = 1L << 30;

  /** The machine that all threads work on, and the process that they may share. */
  @State(Scope.Benchmark)
  public static class Shared {
    private final Arena arena = Arena.roomy();
    private final AtomicInteger threads = new AtomicInteger();
  }

  /** An area in which nothing is touched. */
  private static final class Area {
    private final Process process;
    private final long start;

    Area(Process process, long start) {
      this.process = process;
      this.start = start;
      int flags =
          MapFlags.PRIVATE | MapFlags.ANONYMOUS | MapFlags.NORESERVE | MapFlags.FIXED_NOREPLACE;
      long _ = process.mmap(start, BYTES, Prot.READ | Prot.WRITE, flags);
    }

    void drop() {
      process.madvise(start, BYTES, Madvise.DONTNEED);
    }

    void touchAll() {
      for (long address = start; address < start + BYTES; address += Arena.PAGE) {
        process.write(address, address);
      }
    }
  }

  /** A thread's area in a process of its own. */
  @State(Scope.Thread)
  public static class Own {
    @SuppressWarnings("NullAway.Init")
    private Area area;

    /** A new process of the machine that all share. */
    @Setup
    public void map(Shared shared) {
      area = new Area(shared.arena.machine.spawn("toucher"), Arena.START);
    }

    /** Nothing is touched. */
    @Setup(Level.Invocation)
    public void drop() {
      area.drop();
    }
  }

  /** A thread's area on a machine of its own: what could be reached at best. */
  @State(Scope.Thread)
  public static class Alone {
    private final Area area = new Area(Arena.roomy().machine.spawn("toucher"), Arena.START);

    /** Nothing is touched. */
    @Setup(Level.Invocation)
    public void drop() {
      area.drop();
    }
  }

  /** A thread's area in the process that all share. */
  @State(Scope.Thread)
  public static class Part {
    @SuppressWarnings("NullAway.Init")
    private Area area;

    /** An area beside those of the others. */
    @Setup
    public void map(Shared shared) {
      long start = Arena.START + shared.threads.getAndIncrement() * STEP;
      area = new Area(shared.arena.process, start);
    }

    /** Nothing is touched. */
    @Setup(Level.Invocation)
    public void drop() {
      area.drop();
    }
  }

  /** By one thread. */
  @Benchmark
  @Threads(1)
  @OperationsPerInvocation(PAGES)
  public void oneThread(Own own) {
    own.area.touchAll();
  }

  /** By two threads that share nothing of the engine. */
  @Benchmark
  @Threads(2)
  @OperationsPerInvocation(PAGES)
  public void twoMachines(Alone alone) {
    alone.area.touchAll();
  }

  /** By two threads in two processes. */
  @Benchmark
  @Threads(2)
  @OperationsPerInvocation(PAGES)
  public void twoProcesses(Own own) {
    own.area.touchAll();
  }

  /** By two threads of one process. */
  @Benchmark
  @Threads(2)
  @OperationsPerInvocation(PAGES)
  public void twoThreadsOfOneProcess(Part part) {
    part.area.touchAll();
  }
}
