package dev.elephantfolio.trace;

/**
 * Turns bytes into the columns of an {@link EventBlock}. This is the hot path of every replay: each
 * column is one tight loop over a local cursor. Bytes that cannot be a block throw
 * IndexOutOfBoundsException.
 */
final class BlockDecoder {
  private static final byte[] REST_COUNTS = EventKind.restCounts();

  private BlockDecoder() {}

  /**
   * Fills the block from {@code in[from..end)}.
   *
   * @param eventCount how many events there are
   * @param baseNanos the time the first delta counts from
   * @param threadLimit every thread index must be below it
   */
  static void decode(
      byte[] in,
      int from,
      int end,
      EventBlock block,
      int eventCount,
      long baseNanos,
      int threadLimit) {
    block.clear();
    int restCount = kinds(in, from, block.kinds, eventCount);
    int at = times(in, from + eventCount, block.timesNanos, eventCount, baseNanos);
    at = threads(in, at, block.threads, eventCount, threadLimit);
    at = deltas(in, at, block.first, eventCount);
    at = plain(in, at, block.second, eventCount);
    block.reserveRest(restCount);
    at = signed(in, at, block.rest, restCount);
    if (at != end) {
      throw new IndexOutOfBoundsException("columns end elsewhere than the block");
    }
    block.count = eventCount;
    block.restCount = restCount;
  }

  private static int kinds(byte[] in, int from, byte[] kinds, int count) {
    System.arraycopy(in, from, kinds, 0, count);
    int restCount = 0;
    int unknown = 0;
    for (int i = 0; i < count; i++) {
      int rest = REST_COUNTS[kinds[i]];
      restCount += rest;
      unknown |= rest;
    }
    if (unknown < 0) {
      throw new IndexOutOfBoundsException("an unknown kind of event");
    }
    return restCount;
  }

  private static int times(byte[] in, int from, long[] out, int count, long baseNanos) {
    int at = from;
    long value = baseNanos;
    for (int i = 0; i < count; i++) {
      long delta = in[at++];
      if (delta < 0) {
        delta &= 0x7F;
        int shift = 7;
        byte next;
        do {
          next = in[at++];
          delta |= (next & 0x7FL) << shift;
          shift += 7;
        } while (next < 0);
      }
      value += delta;
      out[i] = value;
    }
    return at;
  }

  private static int threads(byte[] in, int from, int[] out, int count, int threadLimit) {
    int at = from;
    int largest = 0;
    for (int i = 0; i < count; i++) {
      int value = in[at++];
      if (value < 0) {
        value &= 0x7F;
        int shift = 7;
        byte next;
        do {
          next = in[at++];
          value |= (next & 0x7F) << shift;
          shift += 7;
        } while (next < 0);
      }
      out[i] = value;
      largest = Integer.compareUnsigned(value, largest) > 0 ? value : largest;
    }
    if (count > 0 && Integer.compareUnsigned(largest, threadLimit) >= 0) {
      throw new IndexOutOfBoundsException("an unknown thread");
    }
    return at;
  }

  private static int deltas(byte[] in, int from, long[] out, int count) {
    int at = from;
    long value = 0;
    for (int i = 0; i < count; i++) {
      long raw = in[at++];
      if (raw < 0) {
        raw &= 0x7F;
        int shift = 7;
        byte next;
        do {
          next = in[at++];
          raw |= (next & 0x7FL) << shift;
          shift += 7;
        } while (next < 0);
      }
      value += (raw >>> 1) ^ -(raw & 1);
      out[i] = value;
    }
    return at;
  }

  private static int plain(byte[] in, int from, long[] out, int count) {
    int at = from;
    for (int i = 0; i < count; i++) {
      long value = in[at++];
      if (value < 0) {
        value &= 0x7F;
        int shift = 7;
        byte next;
        do {
          next = in[at++];
          value |= (next & 0x7FL) << shift;
          shift += 7;
        } while (next < 0);
      }
      out[i] = value;
    }
    return at;
  }

  private static int signed(byte[] in, int from, long[] out, int count) {
    int at = plain(in, from, out, count);
    for (int i = 0; i < count; i++) {
      out[i] = (out[i] >>> 1) ^ -(out[i] & 1);
    }
    return at;
  }
}
