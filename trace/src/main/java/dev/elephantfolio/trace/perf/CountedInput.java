package dev.elephantfolio.trace.perf;

import java.io.FilterInputStream;
import java.io.IOException;
import java.io.InputStream;

/** Counts what is read of a stream. */
final class CountedInput extends FilterInputStream {
  private final long total;
  private long count;

  CountedInput(InputStream in, long total) {
    super(in);
    this.total = total;
  }

  long count() {
    return count;
  }

  /** The stream's whole length in bytes; -1 if not known. */
  long total() {
    return total;
  }

  @Override
  public int read() throws IOException {
    int read = super.read();
    count += read < 0 ? 0 : 1;
    return read;
  }

  @Override
  public int read(byte[] into, int from, int length) throws IOException {
    int read = super.read(into, from, length);
    count += Math.max(read, 0);
    return read;
  }
}
