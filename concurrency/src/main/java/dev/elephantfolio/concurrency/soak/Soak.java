package dev.elephantfolio.concurrency.soak;

import dev.elephantfolio.engine.Machine;
import dev.elephantfolio.engine.MachineBuilder.ContentsKind;
import dev.elephantfolio.engine.Process;
import dev.elephantfolio.engine.invariant.Invariants;
import java.io.PrintStream;
import java.time.Duration;
import java.util.ArrayList;
import java.util.Arrays;
import java.util.List;
import java.util.SplittableRandom;
import java.util.concurrent.atomic.AtomicReference;
import org.jspecify.annotations.Nullable;

/**
 * Eight threads in four processes fault, pin, fork, split, collapse, move and unmap on one machine
 * with too little memory, beside a device, khugepaged and a thread that turns the knobs. Once a
 * second all come to rest: every word that was written must be found, and every invariant hold.
 */
public final class Soak {
  private static final int PROCESSES = 4;
  private static final long MEMORY_BYTES = 128L << 20;
  private static final Duration PATIENCE = Duration.ofMinutes(3);
  private static final long REST_MILLIS = 1_000;
  private static final long REPORT_NANOS = Duration.ofMinutes(1).toNanos();

  private final SoakOptions options;
  private final PrintStream out;
  private final Machine machine;
  private final Gate gate = new Gate();
  private final Device device = new Device();
  private final List<Worker> workers = new ArrayList<>();
  private final Knobs knobs;
  private final AtomicReference<@Nullable Throwable> failure = new AtomicReference<>();
  private volatile boolean ending;
  private long rests;
  private long checked;

  Soak(SoakOptions options, PrintStream out) {
    this.options = options;
    this.out = out;
    this.machine = machine(options);
    SplittableRandom random = new SplittableRandom(options.seed());
    for (int number = 0; number < PROCESSES; number++) {
      addProcess(random, "p" + number);
    }
    this.knobs = new Knobs(machine, random.split());
  }

  private static Machine machine(SoakOptions options) {
    return Machine.builder()
        .memoryBytes(MEMORY_BYTES)
        .cpus(2)
        .contents(ContentsKind.BYTES)
        .without(options.without())
        .set("vm/overcommit_memory", "1")
        .set("transparent_hugepage/enabled", "always")
        .set("transparent_hugepage/khugepaged/scan_sleep_millisecs", "1")
        .set("transparent_hugepage/khugepaged/alloc_sleep_millisecs", "1")
        .set("transparent_hugepage/khugepaged/max_ptes_shared", "511")
        .build();
  }

  private void addProcess(SplittableRandom random, String name) {
    Process process = machine.spawn(name);
    Calls.furnish(process);
    Space[] spaces = new Space[Layout.THREADS];
    for (int thread = 0; thread < spaces.length; thread++) {
      spaces[thread] = new Space(process, thread, false);
    }
    for (int thread = 0; thread < spaces.length; thread++) {
      workers.add(new Worker(machine, device, spaces, thread, random.split()));
    }
  }

  /**
   * Runs for as long as was asked.
   *
   * @throws SoakFailure when something did not hold
   */
  void run() throws InterruptedException {
    out.printf(
        "soak: %d threads in %d processes, %d s, seed %d%n",
        workers.size(), PROCESSES, options.duration().toSeconds(), options.seed());
    List<Thread> threads = start();
    machine.khugepaged().start();
    long start = System.nanoTime();
    long reported = start;
    try {
      while (System.nanoTime() - start < options.duration().toNanos() && failure.get() == null) {
        Thread.sleep(REST_MILLIS);
        gate.rest(PATIENCE, this::lookAtAll);
        if (System.nanoTime() - reported >= REPORT_NANOS) {
          reported += REPORT_NANOS;
          report("after " + (reported - start) / REPORT_NANOS + " min");
        }
      }
    } finally {
      ending = true;
      machine.khugepaged().stop();
    }
    for (Thread thread : threads) {
      thread.join(PATIENCE);
    }
    rethrow();
    summary();
  }

  private List<Thread> start() {
    List<Thread> threads = new ArrayList<>();
    for (Worker worker : workers) {
      threads.add(thread("worker" + threads.size(), () -> gate.pass(worker::work)));
    }
    threads.add(thread("device", () -> device.step(gate)));
    threads.add(thread("knobs", () -> knobs.step(gate)));
    threads.forEach(Thread::start);
    return threads;
  }

  /** What a thread does again and again. */
  private interface Step {
    void run() throws InterruptedException;
  }

  private Thread thread(String name, Step step) {
    return Thread.ofPlatform().daemon().name(name).unstarted(() -> repeat(step));
  }

  private void repeat(Step step) {
    try {
      while (!ending && failure.get() == null) {
        step.run();
      }
    } catch (Throwable broken) {
      fail(broken);
    }
  }

  private void fail(Throwable broken) {
    if (failure.compareAndSet(null, broken)) {
      out.println("soak: failed while the threads did this:");
      workers.forEach(worker -> out.println("  " + worker.diary().last()));
      if (broken instanceof SoakFailure found) {
        found.page().ifPresent(this::tellHistory);
      }
    }
  }

  private void tellHistory(int page) {
    out.println("soak: what each had done last with page " + page + ":");
    for (Worker worker : workers) {
      worker.diary().touching(page).forEach(deed -> out.println("  " + deed));
      out.println();
    }
  }

  private void lookAtAll() {
    if (failure.get() != null) {
      return;
    }
    machine.khugepaged().stop();
    try {
      Invariants.check(machine);
      for (Worker worker : workers) {
        checked += worker.checkAll();
      }
      Invariants.check(machine);
      rests++;
    } catch (RuntimeException | Error broken) {
      fail(broken);
    }
    machine.khugepaged().start();
  }

  private void rethrow() {
    Throwable broken = failure.get();
    if (broken != null) {
      throw new SoakFailure("seed " + options.seed() + ": " + broken, broken);
    }
  }

  private void summary() {
    report("held");
    machine.vmStat().forEach(this::showEvent);
  }

  /** What was done and looked at up to now. */
  private void report(String when) {
    long steps = workers.stream().mapToLong(Worker::steps).sum();
    long forks = workers.stream().mapToLong(Worker::forks).sum();
    out.printf(
        "soak: %s; %d steps, %d forks, %d rests, %d pages looked at%n",
        when, steps, forks, rests, checked);
  }

  private void showEvent(String name, long count) {
    if (count != 0 && name.startsWith("thp_")) {
      out.printf("  %-34s %d%n", name, count);
    }
  }

  /** Exit codes: 0 all held, 1 something did not, 2 bad options. */
  public static void main(String[] args) throws InterruptedException {
    if (Arrays.asList(args).contains("--help")) {
      System.out.println(SoakOptions.USAGE);
      return;
    }
    SoakOptions options;
    try {
      options = SoakOptions.parse(args);
    } catch (IllegalArgumentException bad) {
      System.err.println("soak: " + bad.getMessage() + "; usage: " + SoakOptions.USAGE);
      System.exit(2);
      return;
    }
    try {
      new Soak(options, System.out).run();
    } catch (SoakFailure failed) {
      failed.printStackTrace(System.out);
      System.exit(1);
    }
  }
}
