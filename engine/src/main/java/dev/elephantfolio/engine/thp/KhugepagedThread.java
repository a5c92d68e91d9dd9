package dev.elephantfolio.engine.thp;

import java.util.concurrent.TimeUnit;
import java.util.concurrent.locks.Condition;
import java.util.concurrent.locks.ReentrantLock;
import java.util.function.BooleanSupplier;
import java.util.function.LongSupplier;

/**
 * khugepaged as a thread: works, sleeps, can be woken and ended.
 *
 * <pre>
 *  field           | guarded by
 *  ----------------+------------------------------
 *  idle, woken     | lock
 *  stopping        | written under lock; volatile
 * </pre>
 */
final class KhugepagedThread {
  private static final long NEVER = Long.MAX_VALUE;

  private final LongSupplier step;
  private final BooleanSupplier hasWork;
  private final Thread thread;
  private final ReentrantLock lock = new ReentrantLock();
  private final Condition changed = lock.newCondition();
  private boolean idle;
  private boolean woken;
  private volatile boolean stopping;

  /**
   * @param step works, and gives the nanoseconds to sleep then
   * @param hasWork whether a sleep without end would be wrong
   */
  KhugepagedThread(LongSupplier step, BooleanSupplier hasWork) {
    this.step = step;
    this.hasWork = hasWork;
    this.thread = Thread.ofPlatform().daemon().name("khugepaged").unstarted(this::run);
  }

  void start() {
    thread.start();
  }

  private void run() {
    while (!stopping) {
      sleep(step.getAsLong());
    }
  }

  private void sleep(long nanos) {
    lock.lock();
    try {
      idle = nanos == NEVER;
      // Who came since the step looked found nobody idle, and so woke nobody.
      if (!idle || !hasWork.getAsBoolean()) {
        await(nanos);
      }
      woken = false;
      idle = false;
    } catch (InterruptedException _) {
      stopping = true;
    } finally {
      lock.unlock();
    }
  }

  private void await(long nanos) throws InterruptedException {
    // NEVER is 292 years.
    long left = nanos;
    while (!woken && !stopping && left > 0) {
      left = changed.awaitNanos(left);
    }
  }

  /** Ends the sleep, or keeps the next one from beginning. */
  void wake() {
    signal(() -> woken = true);
  }

  /** Ends a sleep that waits for something to do; a timed sleep goes on. */
  void wakeIfIdle() {
    signal(() -> woken |= idle);
  }

  boolean isStopping() {
    return stopping;
  }

  /** Tells the thread to end, and waits for it. */
  void end() {
    signal(() -> stopping = true);
    boolean interrupted = false;
    while (thread.isAlive()) {
      try {
        thread.join(TimeUnit.SECONDS.toMillis(1));
      } catch (InterruptedException e) {
        interrupted = true;
      }
    }
    if (interrupted) {
      Thread.currentThread().interrupt();
    }
  }

  private void signal(Runnable change) {
    lock.lock();
    try {
      change.run();
      changed.signalAll();
    } finally {
      lock.unlock();
    }
  }
}
