package dev.elephantfolio.engine.frame;

import dev.elephantfolio.engine.sync.PaddedBefore;

/** What changes of an {@link IntRing}. */
abstract class IntRingFields extends PaddedBefore {
  private static final int CAPACITY_MIN = 16;

  /** A power of two long. */
  int[] values = new int[CAPACITY_MIN];

  /** The index of the front; the rest follows, round the end. */
  int front;

  int size;
}

/**
 * A double-ended queue of pfns in an array that grows. Not thread-safe, and on cache lines of its
 * own, so that processors that have one each do not meet.
 */
final class IntRing extends IntRingFields {
  @SuppressWarnings("unused")
  private long a0, a1, a2, a3, a4, a5, a6, a7, a8, a9, a10, a11, a12, a13, a14, a15;

  int size() {
    return size;
  }

  boolean isEmpty() {
    return size == 0;
  }

  void pushFront(int value) {
    growIfFull();
    front = (front - 1) & (values.length - 1);
    values[front] = value;
    size++;
  }

  void pushBack(int value) {
    growIfFull();
    values[(front + size) & (values.length - 1)] = value;
    size++;
  }

  /** There must be one. */
  int popFront() {
    int value = values[front];
    front = (front + 1) & (values.length - 1);
    size--;
    return value;
  }

  /** There must be one. */
  int popBack() {
    size--;
    return values[(front + size) & (values.length - 1)];
  }

  /** The value {@code index} places behind the front. */
  int get(int index) {
    return values[(front + index) & (values.length - 1)];
  }

  private void growIfFull() {
    if (size == values.length) {
      int[] grown = new int[values.length * 2];
      for (int index = 0; index < size; index++) {
        grown[index] = get(index);
      }
      values = grown;
      front = 0;
    }
  }
}
