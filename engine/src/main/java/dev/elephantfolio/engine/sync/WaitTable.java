package dev.elephantfolio.engine.sync;

import java.util.concurrent.atomic.AtomicInteger;
import java.util.function.BooleanSupplier;

/**
 * Waiting for something that has no lock object of its own (a folio's lock bit, say): keys share a
 * fixed number of queues, so a wake-up may be for another key and every waiter looks again.
 *
 * <p>The waker first makes the condition true by an atomic update, then calls {@link #wake}, which
 * costs one read when nobody waits: who waits says so before looking at the condition, so one of
 * the two sees the other.
 */
public final class WaitTable {
  private static final int QUEUE_BITS = 8;
  private static final int HASH_MULTIPLIER = 0x9E3779B9;

  /** Those who wait for keys of one hash; the monitor is what they wait on. */
  private static final class Queue {
    /** Calls of wake so far. Guarded by this. */
    int wakes;

    /** Those between their first look at the condition and their last. Atomic. */
    final AtomicInteger waiting = new AtomicInteger();

    synchronized int wakes() {
      return wakes;
    }
  }

  private final Queue[] queues = new Queue[1 << QUEUE_BITS];

  public WaitTable() {
    for (int index = 0; index < queues.length; index++) {
      queues[index] = new Queue();
    }
  }

  /**
   * Waits until {@code done}, which this thread asks again after each wake-up and which may try to
   * take what is waited for. Interrupts are kept for later.
   */
  public void await(int key, BooleanSupplier done) {
    Queue queue = queue(key);
    queue.waiting.getAndIncrement();
    try {
      if (awaitIn(queue, done)) {
        Thread.currentThread().interrupt();
      }
    } finally {
      queue.waiting.getAndDecrement();
    }
  }

  /** Waits as said; returns whether an interrupt came. */
  private boolean awaitIn(Queue queue, BooleanSupplier done) {
    boolean interrupted = false;
    while (true) {
      int seen = queue.wakes();
      if (done.getAsBoolean()) {
        return interrupted;
      }
      if (!SyncPoints.block(this, () -> queue.wakes() != seen)) {
        interrupted |= awaitWake(queue, seen);
      }
    }
  }

  /** Makes everyone who waits for {@code key} look again. */
  public void wake(int key) {
    Queue queue = queue(key);
    if (queue.waiting.get() == 0) {
      return;
    }
    synchronized (queue) {
      queue.wakes++;
      queue.notifyAll();
    }
  }

  /** Waits until the queue's number of wakes is another; returns whether an interrupt came. */
  private static boolean awaitWake(Queue queue, int seen) {
    boolean interrupted = false;
    synchronized (queue) {
      while (queue.wakes == seen) {
        try {
          queue.wait();
        } catch (InterruptedException e) {
          interrupted = true;
        }
      }
    }
    return interrupted;
  }

  private Queue queue(int key) {
    return queues[(key * HASH_MULTIPLIER) >>> (Integer.SIZE - QUEUE_BITS)];
  }
}
