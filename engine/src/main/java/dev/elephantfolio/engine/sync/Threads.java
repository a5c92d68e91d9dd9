package dev.elephantfolio.engine.sync;

import java.util.List;
import java.util.function.Supplier;
import org.jspecify.annotations.Nullable;

/** Starting threads and waiting for their end. */
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

  /** What {@code work} gives, or throws, on a virtual thread: where others are soon met. */
  static <T> T onVirtualThread(Supplier<T> work) {
    Outcome<T> outcome = new Outcome<>();
    Thread thread = Thread.ofVirtual().unstarted(() -> outcome.of(work));
    thread.start();
    joinAll(List.of(thread));
    return outcome.get();
  }

  /** A result or a failure; written by one thread and read after its end. */
  private static final class Outcome<T> {
    private @Nullable T result;
    private @Nullable RuntimeException exception;
    private @Nullable Error error;

    void of(Supplier<T> work) {
      try {
        result = work.get();
      } catch (RuntimeException e) {
        exception = e;
      } catch (Error e) {
        error = e;
      }
    }

    T get() {
      if (exception != null) {
        throw exception;
      }
      if (error != null) {
        throw error;
      }
      T given = result;
      if (given == null) {
        throw new IllegalStateException("nothing came of it");
      }
      return given;
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
