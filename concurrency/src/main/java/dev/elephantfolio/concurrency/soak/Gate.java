package dev.elephantfolio.concurrency.soak;

import java.time.Duration;
import java.util.concurrent.TimeUnit;
import java.util.concurrent.locks.ReentrantReadWriteLock;

/** Through which every thread goes before each few steps, so that all can be made to rest. */
final class Gate {
  private final ReentrantReadWriteLock lock = new ReentrantReadWriteLock(true);

  /** Works while nobody wants rest. */
  void pass(Runnable work) {
    lock.readLock().lock();
    try {
      work.run();
    } finally {
      lock.readLock().unlock();
    }
  }

  /**
   * Waits until all others rest, and works alone.
   *
   * @throws SoakFailure when they do not come to rest within {@code patience}
   */
  void rest(Duration patience, Runnable work) throws InterruptedException {
    if (!lock.writeLock().tryLock(patience.toSeconds(), TimeUnit.SECONDS)) {
      throw new SoakFailure("the threads do not come to rest: " + Stacks.all());
    }
    try {
      work.run();
    } finally {
      lock.writeLock().unlock();
    }
  }
}
