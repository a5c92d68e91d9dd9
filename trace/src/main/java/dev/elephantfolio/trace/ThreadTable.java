package dev.elephantfolio.trace;

import java.util.Arrays;

/** Numbers the (pid, tid) pairs of a recording from 0, in order of their first event. */
final class ThreadTable {
  private long[] keys = new long[64];
  private int size;
  // Open addressing: position of the key plus one, 0 where free. A power of two, at most half full.
  private int[] slots = new int[128];
  private long lastKey = -1;
  private int lastIndex = -1;

  int size() {
    return size;
  }

  int pid(int index) {
    return (int) (keys[index] >>> 32);
  }

  int tid(int index) {
    return (int) keys[index];
  }

  /** The pair's number; a new pair gets the next one. */
  int indexOf(int pid, int tid) {
    long key = ((long) pid << 32) | (tid & 0xFFFFFFFFL);
    if (key != lastKey || lastIndex < 0) {
      lastIndex = find(key);
      lastKey = key;
    }
    return lastIndex;
  }

  private int find(long key) {
    int mask = slots.length - 1;
    int at = slotOf(key, mask);
    while (slots[at] != 0) {
      if (keys[slots[at] - 1] == key) {
        return slots[at] - 1;
      }
      at = (at + 1) & mask;
    }
    return add(key);
  }

  /** Appends a pair known to be new. */
  int add(long key) {
    if (size == keys.length) {
      keys = Arrays.copyOf(keys, size * 2);
      rehash();
    }
    keys[size++] = key;
    place(size);
    return size - 1;
  }

  private void rehash() {
    slots = new int[keys.length * 2];
    for (int i = 1; i <= size; i++) {
      place(i);
    }
  }

  private void place(int indexPlusOne) {
    int mask = slots.length - 1;
    int at = slotOf(keys[indexPlusOne - 1], mask);
    while (slots[at] != 0) {
      at = (at + 1) & mask;
    }
    slots[at] = indexPlusOne;
  }

  private static int slotOf(long key, int mask) {
    return (int) ((key * 0x9E3779B97F4A7C15L) >>> 32) & mask;
  }
}
