package dev.elephantfolio.engine.thp;

import dev.elephantfolio.engine.mm.VmFlags;
import dev.elephantfolio.engine.mm.Vma;

/**
 * How much a collapse may put up with, of the 512 entries of a table. Who asked for the collapse by
 * MADV_COLLAPSE has no limits.
 *
 * @param none entries that are none or the zero page
 * @param swap entries that are not present
 * @param shared entries that map pages which others may map
 * @param byKhugepaged whether pages must have been used lately
 */
record CollapseLimits(int none, int swap, int shared, boolean byKhugepaged) {
  private static final int PTES = 1 << ThpOrders.PMD_ORDER;
  private static final long USERFAULTFD =
      VmFlags.UFFD_MISSING | VmFlags.UFFD_WP | VmFlags.UFFD_MINOR;

  /** The limits for a place in {@code vma}; userfaultfd must see every missing page. */
  static CollapseLimits of(Purpose purpose, KhugepagedKnobs knobs, Vma vma) {
    boolean byKhugepaged = purpose == Purpose.KHUGEPAGED;
    int none = byKhugepaged ? knobs.maxPtesNone() : PTES;
    return new CollapseLimits(
        vma.has(USERFAULTFD) ? 0 : none,
        byKhugepaged ? knobs.maxPtesSwap() : PTES,
        byKhugepaged ? knobs.maxPtesShared() : PTES,
        byKhugepaged);
  }

  /** The same with each limit lower by one. */
  CollapseLimits lowered() {
    return new CollapseLimits(none - 1, swap - 1, shared - 1, byKhugepaged);
  }
}
