package dev.elephantfolio.engine.sync;

import java.util.List;

/** Waiting for threads to end. */
final class Threads {
  private Threads() {}

  /** Waits for all of them; an interrupt is kept for later. */
  static void joinAll(List<Thread> threads) {
    boolean interrupted = false;
    for (Thread thread : threads) {
      interrupted |= join(thread);
    }
    if (interrupted) {
      Thread.currentThread().interrupt();
    }
  }

  private static boolean join(Thread thread) {
    boolean interrupted = false;
    while (true) {
      try {
        thread.join();
        return interrupted;
      } catch (InterruptedException e) {
        interrupted = true;
      }
    }
  }
}
