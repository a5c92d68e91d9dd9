package dev.elephantfolio.engine.mm;

import dev.elephantfolio.engine.pagetable.PageTableCursor;
import dev.elephantfolio.engine.pagetable.Pte;

/**
 * A run of PTEs that map consecutive pages of one folio, and may be treated as one.
 *
 * <p>The entries may differ in age, dirt and writability. The cursor holds their table and stands
 * at the first.
 */
final class PteBatch {
  private static final long IGNORED = Pte.YOUNG | Pte.DIRTY | Pte.SOFT_DIRTY | Pte.WRITABLE;

  private PteBatch() {}

  /**
   * How many entries from the cursor's slot on, at most {@code max}, go on with the folio that the
   * present {@code entry} there maps.
   *
   * @param folioEndPfn one past the folio's last page
   */
  static int length(PageTableCursor pte, long entry, int max, int folioEndPfn) {
    return length(pte, entry, max, folioEndPfn, IGNORED);
  }

  /** As {@link #length} for entries that are all writable, or all not. */
  static int lengthOfSameRights(PageTableCursor pte, long entry, int max, int folioEndPfn) {
    return length(pte, entry, max, folioEndPfn, IGNORED & ~Pte.WRITABLE);
  }

  private static int length(
      PageTableCursor pte, long entry, int max, int folioEndPfn, long ignoredBits) {
    int limit = Math.min(max, folioEndPfn - Pte.pfn(entry));
    for (int i = 1; i < limit; i++) {
      if (((pte.entryAt(i) ^ Pte.advance(entry, i)) & ~ignoredBits) != 0) {
        return i;
      }
    }
    return limit;
  }

  /** Every bit that any of the {@code length} entries has. */
  static long union(PageTableCursor pte, int length) {
    long bits = 0;
    for (int i = 0; i < length; i++) {
      bits |= pte.entryAt(i);
    }
    return bits;
  }

  /** Takes {@code bits} off {@code length} entries; the cursor stays where it is. */
  static void clear(PageTableCursor pte, long address, int length, long bits) {
    for (int i = 0; i < length; i++) {
      pte.seek(address + ((long) i << Addresses.PAGE_SHIFT));
      long _ = pte.update(bits, 0);
    }
    pte.seek(address);
  }

  /** Clears {@code length} entries; gives the bits that any of them had. */
  static long getAndClear(PageTableCursor pte, long address, int length) {
    long bits = pte.getAndClear();
    for (int i = 1; i < length; i++) {
      pte.seek(address + ((long) i << Addresses.PAGE_SHIFT));
      bits |= pte.getAndClear();
    }
    return bits;
  }
}
