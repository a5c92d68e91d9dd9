package dev.elephantfolio.engine.sync;

/** A set of long numbers by open addressing: 16 bytes a number at worst. For one thread. */
final class LongSet {
  private static final int CAPACITY_MIN = 1024;

  private long[] keys = new long[CAPACITY_MIN];
  private int size;
  private boolean hasZero;

  /** Adds the number; false when it was there. */
  boolean add(long key) {
    if (key == 0) {
      boolean added = !hasZero;
      hasZero = true;
      return added;
    }
    int slot = slot(keys, key);
    if (keys[slot] == key) {
      return false;
    }
    keys[slot] = key;
    if (++size * 2 > keys.length) {
      grow();
    }
    return true;
  }

  int size() {
    return size + (hasZero ? 1 : 0);
  }

  void clear() {
    keys = new long[CAPACITY_MIN];
    size = 0;
    hasZero = false;
  }

  /** The numbers are hashes already. */
  private static int slot(long[] table, long key) {
    int mask = table.length - 1;
    int slot = (int) (key ^ (key >>> 32)) & mask;
    while (table[slot] != 0 && table[slot] != key) {
      slot = (slot + 1) & mask;
    }
    return slot;
  }

  private void grow() {
    long[] larger = new long[keys.length * 2];
    for (long key : keys) {
      if (key != 0) {
        larger[slot(larger, key)] = key;
      }
    }
    keys = larger;
  }
}
