package dev.elephantfolio.engine.frame;

import dev.elephantfolio.engine.sync.SyncPoints;

/**
 * The parts of the memory map as sync points name them: a kind and a pfn. Each flag is a part of
 * its own, since nobody minds when another flag of the same word changes.
 */
final class FramePart {
  static final int REF = 1;
  static final int MAP_COUNT = 2;
  static final int ENTIRE_MAP_COUNT = 3;
  static final int LARGE_MAP_COUNT = 4;
  static final int PAGES_MAPPED = 5;
  static final int PINS = 6;
  static final int MAPPING = 7;
  static final int ORDER = 8;

  /** What lockMapCounts guards. */
  static final int OWNERS = 9;

  /** The lowest bit of the flags word; the others follow. */
  static final int FLAG = 16;

  private static final int KIND_SHIFT = 32;
  private static final String[] NAMES = {
    "",
    "refcount",
    "mapcount of page",
    "PMD mapcount",
    "mapcount",
    "mapped pages",
    "pins",
    "mapping",
    "order",
    "owners"
  };
  private static final String[] FLAGS = {
    "",
    "",
    "",
    "",
    "",
    "buddy",
    "locked",
    "table",
    "referenced",
    "uptodate",
    "dirty",
    "lru",
    "active",
    "unevictable",
    "mlocked",
    "swapbacked",
    "anon",
    "reserved",
    "exclusive",
    "partially_mapped",
    "deferred",
    "rmappable",
    "ksm",
    "isolated",
    "hugetlb",
    "swapcache",
    "workingset",
    "reclaim",
    "maybe_shared",
    "mapcounts_locked",
    "writeback"
  };

  private FramePart() {}

  static long of(int kind, int pfn) {
    return (long) kind << KIND_SHIFT | Integer.toUnsignedLong(pfn);
  }

  /** The part that a flag of {@code mask}, which has one bit, is. */
  static long flag(int mask, int pfn) {
    return of(FLAG + Integer.numberOfTrailingZeros(mask), pfn);
  }

  static String describe(long part) {
    int kind = (int) (part >>> KIND_SHIFT);
    String pfn = Long.toString(part & 0xFFFF_FFFFL);
    if (kind == MAP_COUNT) {
      return NAMES[kind] + " " + pfn;
    }
    return "folio "
        + pfn
        + (kind == REF ? "" : " " + (kind < FLAG ? NAMES[kind] : FLAGS[kind - FLAG]));
  }

  /** Tells that the flags word of a frame has changed, order and all. */
  static void tellFlags(FrameTable map, int pfn, int before, int after) {
    if (!SyncPoints.active()) {
      return;
    }
    SyncPoints.changed(
        map, of(ORDER, pfn), before & FolioFlags.ORDER_MASK, after & FolioFlags.ORDER_MASK);
    int left = (before ^ after) & ~FolioFlags.ORDER_MASK;
    while (left != 0) {
      int bit = left & -left;
      left &= ~bit;
      SyncPoints.changed(
          map, flag(bit, pfn), (before & bit) != 0 ? 1 : 0, (after & bit) != 0 ? 1 : 0);
    }
  }
}
