package dev.elephantfolio.engine.sync;

import java.util.concurrent.locks.LockSupport;
import java.util.function.BooleanSupplier;

/**
 * Waiting for what another thread will bring about soon: spin, then yield, then sleep a little
 * longer each time (the other may have lost its processor). Nobody needs to wake the waiter.
 */
public final class SpinWait {
  /** About as long as waking a thread takes; who holds a lock for short will be done before. */
  private static final int SPINS = 1024;

  private static final int YIELDS = 64;
  private static final long SLEEP_NANOS_MIN = 1_000;
  private static final int SLEEP_DOUBLINGS = 7;

  private SpinWait() {}

  /**
   * Waits until {@code ready}, which must not change anything.
   *
   * @param waitingFor what to name when a scheduled run deadlocks here
   */
  public static void until(Object waitingFor, BooleanSupplier ready) {
    int attempt = 0;
    while (!ready.getAsBoolean()) {
      if (!SyncPoints.block(waitingFor, ready)) {
        pause(attempt++);
      }
    }
  }

  @SuppressWarnings("ThreadPriorityCheck") // the holder may need this processor
  private static void pause(int attempt) {
    if (attempt < SPINS) {
      Thread.onSpinWait();
    } else if (attempt < SPINS + YIELDS) {
      Thread.yield();
    } else {
      int doublings = Math.min(attempt - SPINS - YIELDS, SLEEP_DOUBLINGS);
      LockSupport.parkNanos(SLEEP_NANOS_MIN << doublings);
    }
  }
}
