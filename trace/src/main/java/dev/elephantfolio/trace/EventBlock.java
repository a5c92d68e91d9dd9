package dev.elephantfolio.trace;

import java.util.Arrays;

/**
 * A run of events as columns. Every event has a kind, a time, a thread and two values; the values
 * that some kinds have beyond these stand in {@code rest}, event after event, {@link
 * EventKind#restCount()} of them each.
 */
final class EventBlock {
  /** The most events that the format lets a block hold. */
  static final int CAPACITY = 1 << 16;

  final byte[] kinds = new byte[CAPACITY];
  final long[] timesNanos = new long[CAPACITY];
  final int[] threads = new int[CAPACITY];
  final long[] first = new long[CAPACITY];
  final long[] second = new long[CAPACITY];
  long[] rest = new long[1024];
  int count;
  int restCount;

  void clear() {
    count = 0;
    restCount = 0;
  }

  void reserveRest(int more) {
    if (rest.length - restCount < more) {
      rest = Arrays.copyOf(rest, Math.max(rest.length * 2, restCount + more));
    }
  }
}
