package dev.elephantfolio.engine.frame;

import java.lang.invoke.MethodHandles;
import java.lang.invoke.VarHandle;
import java.nio.ByteOrder;
import java.util.Arrays;
import org.jspecify.annotations.Nullable;

/**
 * The 4096 bytes of one page, little-endian. The first word stands apart, as many programs write no
 * other: such a page takes 24 bytes. Words may be read and written by any thread at any time, and
 * race one by one as memory does.
 *
 * <pre>
 *  field  | holds
 *  -------+-------------------------------------------------------------------------
 *  first  | bytes 0 to 7
 *  rest   | all others at their offsets, its own first 8 being 0; null: all are zero
 * </pre>
 */
final class PageBytes {
  private static final VarHandle LONG_IN_BYTES =
      MethodHandles.byteArrayViewVarHandle(long[].class, ByteOrder.LITTLE_ENDIAN);
  private static final VarHandle REST = restHandle();
  private static final byte[] ZEROS = new byte[Contents.PAGE_SIZE];

  private long first;
  private volatile byte @Nullable [] rest;

  private static VarHandle restHandle() {
    try {
      return MethodHandles.lookup().findVarHandle(PageBytes.class, "rest", byte[].class);
    } catch (ReflectiveOperationException e) {
      throw new ExceptionInInitializerError(e);
    }
  }

  long read(int offset) {
    if (offset == 0) {
      return first;
    }
    byte[] bytes = rest;
    return bytes == null ? 0 : (long) LONG_IN_BYTES.get(bytes, offset);
  }

  void write(int offset, long value) {
    if (offset == 0) {
      first = value;
    } else if (value != 0 || rest != null) {
      LONG_IN_BYTES.set(restOrMake(), offset, value);
    }
  }

  private byte[] restOrMake() {
    byte[] found = rest;
    if (found != null) {
      return found;
    }
    byte[] made = new byte[Contents.PAGE_SIZE];
    byte[] winner = (byte[]) REST.compareAndExchange(this, null, made);
    return winner == null ? made : winner;
  }

  /** Makes this page equal to {@code source}. */
  void copyFrom(PageBytes source) {
    first = source.first;
    byte[] bytes = source.rest;
    if (bytes != null) {
      System.arraycopy(bytes, 0, restOrMake(), 0, Contents.PAGE_SIZE);
    } else {
      rest = null;
    }
  }

  boolean isZero() {
    return first == 0 && Arrays.equals(restToRead(), ZEROS);
  }

  boolean sameAs(PageBytes other) {
    return first == other.first && Arrays.equals(restToRead(), other.restToRead());
  }

  private byte[] restToRead() {
    byte[] bytes = rest;
    return bytes == null ? ZEROS : bytes;
  }
}
