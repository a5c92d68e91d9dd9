package dev.elephantfolio.trace.perf;

import java.util.Arrays;

/** Pages that were touched though no record says what they are, with how they were touched. */
final class PageEvidence {
  /** Beside the access bits: the page was touched when nothing was mapped at it yet. */
  static final int FRESH = 1 << 8;

  // Open addressing by page address plus one; 0 is free. A power of two, at most half full.
  private long[] keys = new long[64];
  private int[] seen = new int[64];
  private int size;

  /** Adds the access to what is known of the page. */
  void add(long page, int access) {
    if (size * 2 >= keys.length) {
      grow();
    }
    int at = slot(page);
    if (keys[at] == 0) {
      keys[at] = page + 1;
      size++;
    }
    seen[at] |= access;
  }

  /** The accesses to a page together; 0 if there were none. */
  int accesses(long page) {
    return seen[slot(page)];
  }

  /** The pages' addresses, ascending. */
  long[] sortedPages() {
    long[] pages = new long[size];
    int count = 0;
    for (long key : keys) {
      if (key != 0) {
        pages[count++] = key - 1;
      }
    }
    Arrays.sort(pages);
    return pages;
  }

  private int slot(long page) {
    int mask = keys.length - 1;
    int at = (int) ((page * 0x9E3779B97F4A7C15L) >>> 32) & mask;
    while (keys[at] != 0 && keys[at] != page + 1) {
      at = (at + 1) & mask;
    }
    return at;
  }

  private void grow() {
    long[] oldKeys = keys;
    int[] oldSeen = seen;
    keys = new long[oldKeys.length * 2];
    seen = new int[oldSeen.length * 2];
    for (int i = 0; i < oldKeys.length; i++) {
      if (oldKeys[i] != 0) {
        int at = slot(oldKeys[i] - 1);
        keys[at] = oldKeys[i];
        seen[at] = oldSeen[i];
      }
    }
  }
}
