package dev.elephantfolio.trace;

import java.nio.charset.StandardCharsets;
import java.util.Arrays;

/** A growing run of bytes, written front to back; little-endian, as the file format is. */
final class ByteSink {
  private byte[] bytes = new byte[1 << 16];
  private int length;

  /** The bytes; only the first {@link #length()} of them count. */
  byte[] bytes() {
    return bytes;
  }

  int length() {
    return length;
  }

  void clear() {
    length = 0;
  }

  /** Makes room for that many bytes, so that a loop may write them without looking. */
  void reserve(int count) {
    if (bytes.length - length < count) {
      bytes = Arrays.copyOf(bytes, Math.max(bytes.length * 2, length + count));
    }
  }

  void u16(int value) {
    fixed(value, 2);
  }

  void u32(int value) {
    fixed(value, 4);
  }

  void u64(long value) {
    fixed(value, 8);
  }

  private void fixed(long value, int count) {
    reserve(count);
    for (int i = 0; i < count; i++) {
      bytes[length++] = (byte) (value >>> (8 * i));
    }
  }

  void raw(byte[] source, int from, int count) {
    reserve(count);
    System.arraycopy(source, from, bytes, length, count);
    length += count;
  }

  void varint(long value) {
    reserve(10);
    long left = value;
    while ((left & ~0x7FL) != 0) {
      bytes[length++] = (byte) (left | 0x80);
      left >>>= 7;
    }
    bytes[length++] = (byte) left;
  }

  void zigzag(long value) {
    varint((value << 1) ^ (value >> 63));
  }

  void text(String value) {
    byte[] encoded = value.getBytes(StandardCharsets.UTF_8);
    varint(encoded.length);
    raw(encoded, 0, encoded.length);
  }
}
