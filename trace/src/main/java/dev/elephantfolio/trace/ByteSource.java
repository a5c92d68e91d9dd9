package dev.elephantfolio.trace;

import java.nio.charset.StandardCharsets;

/**
 * Reads what {@link ByteSink} wrote. Running past the end, or a count that cannot be, throws
 * IndexOutOfBoundsException, which whoever knows the file turns into its damage.
 */
final class ByteSource {
  private final byte[] bytes;
  private final int end;
  private int position;

  ByteSource(byte[] bytes, int from, int end) {
    this.bytes = bytes;
    this.position = from;
    this.end = end;
  }

  int position() {
    return position;
  }

  boolean atEnd() {
    return position == end;
  }

  int u16() {
    return (int) fixed(2);
  }

  int u32() {
    return (int) fixed(4);
  }

  long u64() {
    return fixed(8);
  }

  private long fixed(int count) {
    require(count);
    long value = 0;
    for (int i = 0; i < count; i++) {
      value |= (bytes[position++] & 0xFFL) << (8 * i);
    }
    return value;
  }

  long varint() {
    long value = 0;
    for (int shift = 0; shift < 64; shift += 7) {
      require(1);
      byte next = bytes[position++];
      value |= (next & 0x7FL) << shift;
      if (next >= 0) {
        return value;
      }
    }
    throw new IndexOutOfBoundsException("a number longer than 64 bits");
  }

  long zigzag() {
    long value = varint();
    return (value >>> 1) ^ -(value & 1);
  }

  /** A varint that must be a count or a length. */
  int smallVarint() {
    long value = varint();
    if (value < 0 || value > Integer.MAX_VALUE) {
      throw new IndexOutOfBoundsException("a count of " + Long.toUnsignedString(value));
    }
    return (int) value;
  }

  String text() {
    int count = smallVarint();
    require(count);
    position += count;
    return new String(bytes, position - count, count, StandardCharsets.UTF_8);
  }

  private void require(int count) {
    if (end - position < count) {
      throw new IndexOutOfBoundsException("past the end");
    }
  }
}
