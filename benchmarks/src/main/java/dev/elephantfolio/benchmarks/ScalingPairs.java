package dev.elephantfolio.benchmarks;

import dev.elephantfolio.engine.Process;
import dev.elephantfolio.engine.gup.GupFlags;
import dev.elephantfolio.engine.mm.Madvise;
import dev.elephantfolio.engine.mm.MapFlags;
import dev.elephantfolio.engine.mm.Prot;
import java.lang.management.ManagementFactory;
import java.lang.management.ThreadMXBean;
import java.util.Arrays;
import java.util.concurrent.ExecutionException;
import java.util.concurrent.ExecutorService;
import java.util.concurrent.Executors;
import java.util.concurrent.Future;

/**
 * How faults and pins scale from one thread to two, on a machine that others use too: short rounds
 * of one thread, of two, and of two that share no simulated machine take turns, and each is held
 * against those beside it. Rates are by the threads' processor time.
 *
 * <p>Arguments: {@code faults} or {@code pins}, and the number of rounds.
 */
public final class ScalingPairs {
  private static final ThreadMXBean THREADS = ManagementFactory.getThreadMXBean();
  private static final int PAGES = 8192;
  private static final long BYTES = (long) PAGES * Arena.PAGE;
  private static final long ROUND_NANOS = 40_000_000;
  private static final int WARM_UP_ROUNDS = 40;
  private static final int AREA_STEP_SHIFT = 30;
  private static final double NANOS_PER_SECOND = 1e9;
  private static final String[] NAMES = {
    "one thread", "two processes", "one process", "two machines"
  };

  /** What one thread does in a round: its operations a second of processor time. */
  private interface Work {
    double run();
  }

  private final boolean pins;
  private final ExecutorService[] threads = {
    Executors.newSingleThreadExecutor(), Executors.newSingleThreadExecutor()
  };

  private ScalingPairs(boolean pins) {
    this.pins = pins;
  }

  public static void main(String[] args) throws InterruptedException, ExecutionException {
    boolean known = args.length == 2 && (args[0].equals("faults") || args[0].equals("pins"));
    if (!known || !args[1].matches("[1-9][0-9]{0,5}")) {
      System.err.println("ScalingPairs: faults|pins ROUNDS");
      System.exit(2);
    }
    new ScalingPairs(args[0].equals("pins")).measure(Integer.parseInt(args[1]));
    System.exit(0);
  }

  private void measure(int rounds) throws InterruptedException, ExecutionException {
    Work[][] works = works();
    double[][] rates = new double[works.length][rounds];
    for (int round = -WARM_UP_ROUNDS; round < rounds; round++) {
      for (int work = 0; work < works.length; work++) {
        rates[work][Math.max(round, 0)] = rate(works[work]);
      }
    }
    for (int work = 0; work < works.length; work++) {
      System.out.printf(
          "%-14s %6.2f M/s  %.2f of one thread%n",
          NAMES[work], middle(rates[work]) / 1e6, middle(ratios(rates[work], rates[0])));
    }
  }

  private Work[][] works() throws InterruptedException, ExecutionException {
    Arena shared = Arena.small();
    Process one = shared.machine.spawn("one");
    Process other = shared.machine.spawn("other");
    Process both = shared.machine.spawn("both");
    Work first = work(0, one, 0);
    return new Work[][] {
      {first},
      {first, work(1, other, 0)},
      {work(0, both, 0), work(1, both, 1)},
      {
        work(0, Arena.small().machine.spawn("alone"), 0),
        work(1, Arena.small().machine.spawn("alone"), 0)
      }
    };
  }

  /** Work in an area of its own, which is touched first by the thread that will use it. */
  private Work work(int thread, Process process, int area)
      throws InterruptedException, ExecutionException {
    long start = Arena.START + ((long) area << AREA_STEP_SHIFT);
    int flags =
        MapFlags.PRIVATE | MapFlags.ANONYMOUS | MapFlags.NORESERVE | MapFlags.FIXED_NOREPLACE;
    long _ = process.mmap(start, BYTES, Prot.READ | Prot.WRITE, flags);
    threads[thread].submit(() -> touch(process, start)).get();
    return pins ? () -> pinRound(process, start) : () -> faultRound(process, start);
  }

  /** The rates of all threads of a work, added up. */
  private double rate(Work[] work) throws InterruptedException, ExecutionException {
    Future<?>[] running = new Future<?>[work.length];
    double[] rates = new double[work.length];
    for (int i = 0; i < work.length; i++) {
      int thread = i;
      running[i] = threads[i].submit(() -> rates[thread] = work[thread].run());
    }
    double sum = 0;
    for (int i = 0; i < work.length; i++) {
      Object _ = running[i].get();
      sum += rates[i];
    }
    return sum;
  }

  private static void touch(Process process, long start) {
    for (long address = start; address < start + BYTES; address += Arena.PAGE) {
      process.write(address, address);
    }
  }

  private static double faultRound(Process process, long start) {
    long end = System.nanoTime() + ROUND_NANOS;
    long nanos = 0;
    long faults = 0;
    while (System.nanoTime() < end) {
      process.madvise(start, BYTES, Madvise.DONTNEED);
      long before = THREADS.getCurrentThreadCpuTime();
      touch(process, start);
      nanos += THREADS.getCurrentThreadCpuTime() - before;
      faults += PAGES;
    }
    return faults * NANOS_PER_SECOND / nanos;
  }

  private static double pinRound(Process process, long start) {
    long end = System.nanoTime() + ROUND_NANOS;
    long before = THREADS.getCurrentThreadCpuTime();
    long count = 0;
    while (System.nanoTime() < end) {
      for (long address = start; address < start + BYTES; address += Arena.PAGE) {
        process.pin(address, Arena.PAGE, GupFlags.WRITE).unpin();
      }
      count += PAGES;
    }
    return count * NANOS_PER_SECOND / (THREADS.getCurrentThreadCpuTime() - before);
  }

  private static double[] ratios(double[] rates, double[] ofThese) {
    double[] ratios = new double[rates.length];
    for (int i = 0; i < ratios.length; i++) {
      ratios[i] = rates[i] / ofThese[i];
    }
    return ratios;
  }

  private static double middle(double[] values) {
    double[] sorted = values.clone();
    Arrays.sort(sorted);
    return sorted[sorted.length / 2];
  }
}
