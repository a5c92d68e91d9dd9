package dev.elephantfolio.engine.sync;

/** A table from long to long by open addressing; what is not there is 0. For one thread. */
final class LongTable {
  private static final int CAPACITY_MIN = 64;

  private long[] keys = new long[CAPACITY_MIN];
  private long[] values = new long[CAPACITY_MIN];
  private int size;

  /** The value of key 0, which marks a free slot. */
  private long valueOfZero;

  long get(long key) {
    if (key == 0) {
      return valueOfZero;
    }
    int slot = slot(key);
    return keys[slot] == 0 ? 0 : values[slot];
  }

  /** Sets the value and gives the one before. */
  long put(long key, long value) {
    if (key == 0) {
      long before = valueOfZero;
      valueOfZero = value;
      return before;
    }
    int slot = slot(key);
    long before = values[slot];
    if (keys[slot] == 0) {
      keys[slot] = key;
      size++;
    }
    values[slot] = value;
    if (size * 2 > keys.length) {
      grow();
    }
    return before;
  }

  int size() {
    return size;
  }

  private int slot(long key) {
    int mask = keys.length - 1;
    int slot = (int) Mix.mix(0, key) & mask;
    while (keys[slot] != 0 && keys[slot] != key) {
      slot = (slot + 1) & mask;
    }
    return slot;
  }

  private void grow() {
    long[] oldKeys = keys;
    long[] oldValues = values;
    keys = new long[oldKeys.length * 2];
    values = new long[oldKeys.length * 2];
    for (int i = 0; i < oldKeys.length; i++) {
      if (oldKeys[i] != 0) {
        int slot = slot(oldKeys[i]);
        keys[slot] = oldKeys[i];
        values[slot] = oldValues[i];
      }
    }
  }
}
