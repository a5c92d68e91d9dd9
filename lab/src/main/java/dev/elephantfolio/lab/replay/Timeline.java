package dev.elephantfolio.lab.replay;

import java.io.IOException;
import java.io.UncheckedIOException;
import java.io.Writer;
import java.util.Locale;

/**
 * Writes what each living process has every 0.1 s as a line of CSV, below a line of names; {@code
 * docs/json.md} describes the columns. The writer stays open.
 */
public final class Timeline implements ReplayObserver {
  private static final long NANOS_PER_MILLI = 1_000_000;
  private static final int MILLIS_PER_SECOND = 1000;

  private final Writer out;

  /** Begins with the line of names. */
  public Timeline(Writer out) throws IOException {
    this.out = out;
    out.write("seconds,pid,rssBytes,anonymousBytes,anonHugePagesBytes\n");
  }

  /**
   * @throws UncheckedIOException when the writer fails
   */
  @Override
  public void sample(long timeNanos, int pid, MemoryFigures figures) {
    long millis = timeNanos / NANOS_PER_MILLI;
    try {
      out.write(
          String.format(
              Locale.ROOT,
              "%d.%03d,%d,%d,%d,%d\n",
              millis / MILLIS_PER_SECOND,
              millis % MILLIS_PER_SECOND,
              pid,
              figures.rssBytes(),
              figures.anonymousBytes(),
              figures.anonHugePagesBytes()));
    } catch (IOException e) {
      throw new UncheckedIOException(e);
    }
  }
}
