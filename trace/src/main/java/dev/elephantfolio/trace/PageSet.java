package dev.elephantfolio.trace;

import java.util.HashMap;
import java.util.Map;

/** Which 4 KiB pages were touched: a bitmap for each 2 MiB that has any. */
final class PageSet {
  private final Map<Long, long[]> bitmaps = new HashMap<>();
  private long lastKey = -1;
  private long[] last = new long[8];
  private long count;

  void add(long address) {
    long key = address >>> 21;
    if (key != lastKey) {
      last = bitmaps.computeIfAbsent(key, _ -> new long[8]);
      lastKey = key;
    }
    int page = (int) (address >>> 12) & 511;
    long bit = 1L << (page & 63);
    count += (last[page >> 6] & bit) == 0 ? 1 : 0;
    last[page >> 6] |= bit;
  }

  /** How many different pages were added. */
  long count() {
    return count;
  }

  void clear() {
    bitmaps.clear();
    lastKey = -1;
    count = 0;
  }
}
