package dev.elephantfolio.cli;

import java.io.PrintWriter;
import java.util.concurrent.TimeUnit;
import java.util.function.LongFunction;

/**
 * A line on a terminal that tells how far long work is, and is gone when the work ends, also by
 * Ctrl-C. Where there is no terminal it says nothing. Thread-safe; {@code this} guards everything.
 */
final class ProgressLine implements AutoCloseable {
  private static final int STANDARD_ERROR = 2;
  private static final long PATIENCE_NANOS = TimeUnit.MILLISECONDS.toNanos(500);
  private static final long INTERVAL_NANOS = TimeUnit.MILLISECONDS.toNanos(100);
  private static final String CLEAR = "\r\u001b[K";

  private final PrintWriter err;
  private final String doing;
  private final LongFunction<String> amount;
  private final boolean onTerminal;
  private final Thread atShutdown = new Thread(this::end, "progress line");
  private long nextNanos = System.nanoTime() + PATIENCE_NANOS; // this
  private boolean shown; // this
  private boolean ended; // this

  private ProgressLine(
      PrintWriter err, String doing, LongFunction<String> amount, boolean onTerminal) {
    this.err = err;
    this.doing = doing;
    this.amount = amount;
    this.onTerminal = onTerminal;
  }

  /**
   * Begins one on standard error.
   *
   * @param doing what takes long, as {@code replaying}
   * @param amount writes how much is done, where it is not known how much there is to do
   */
  static ProgressLine begin(PrintWriter err, String doing, LongFunction<String> amount) {
    boolean onTerminal = StandardStream.of(STANDARD_ERROR).isTerminal();
    ProgressLine line = new ProgressLine(err, doing, amount, onTerminal);
    if (onTerminal) {
      Runtime.getRuntime().addShutdownHook(line.atShutdown);
    }
    return line;
  }

  /** For tests: on a terminal or not, and without patience. */
  static ProgressLine over(
      PrintWriter err, String doing, LongFunction<String> amount, boolean onTerminal) {
    ProgressLine line = new ProgressLine(err, doing, amount, onTerminal);
    synchronized (line) {
      line.nextNanos = System.nanoTime();
    }
    return line;
  }

  /**
   * Tells how far the work is.
   *
   * @param total how much there is to do; not above 0 when unknown
   */
  synchronized void at(long done, long total) {
    long now = System.nanoTime();
    if (!onTerminal || ended || now - nextNanos < 0) {
      return;
    }
    nextNanos = now + INTERVAL_NANOS;
    shown = true;
    String far = total > 0 ? Math.min(100, done * 100 / total) + "%" : amount.apply(done);
    err.print(CLEAR + doing + " " + far);
    err.flush();
  }

  private synchronized void end() {
    ended = true;
    if (shown) {
      shown = false;
      err.print(CLEAR);
      err.flush();
    }
  }

  @Override
  public void close() {
    end();
    if (onTerminal) {
      try {
        Runtime.getRuntime().removeShutdownHook(atShutdown);
      } catch (IllegalStateException _) {
        // Going down already: the hook has nothing left to clear.
      }
    }
  }
}
