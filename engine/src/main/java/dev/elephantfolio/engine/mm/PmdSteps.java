package dev.elephantfolio.engine.mm;

import dev.elephantfolio.engine.pagetable.PageTable;
import dev.elephantfolio.engine.pagetable.PageTables;
import dev.elephantfolio.engine.pagetable.Pte;

/**
 * How range operations go through an address range: one PMD entry at a time, past what holds
 * nothing.
 *
 * <pre>
 *   for (long at = populated(tables, start, end); at &lt; end; at = populated(tables, next, end)) {
 *     next = stepEnd(at, end); ...
 *   }
 * </pre>
 */
public final class PmdSteps {
  private PmdSteps() {}

  /**
   * The first address of {@code [address, end)} whose PMD entry is not none; {@code end} without
   * one. Takes no lock.
   */
  public static long populated(PageTables tables, long address, long end) {
    long at = address;
    while (at < end) {
      PageTable pud = tables.root().child(PageTable.index(at, PageTable.PGD));
      PageTable pmd = pud == null ? null : pud.child(PageTable.index(at, PageTable.PUD));
      if (pmd != null) {
        long found = populated(pmd, at);
        if (found >= 0) {
          return Math.min(found, end);
        }
      }
      at = boundaryAbove(at, pud == null ? PageTable.PGD : PageTable.PUD);
    }
    return end;
  }

  /**
   * The first address of {@code [address, end)} that a PMD table covers, all within one entry of
   * the topmost table; {@code end} without one. Takes no lock.
   */
  static long populatedPud(PageTables tables, long address, long end) {
    PageTable pud = tables.root().child(PageTable.index(address, PageTable.PGD));
    if (pud == null) {
      return end;
    }
    long at = address;
    while (at < end && Pte.isNone(pud.entry(PageTable.index(at, PageTable.PUD)))) {
      at = boundaryAbove(at, PageTable.PUD);
    }
    return Math.min(at, end);
  }

  /** The first address from {@code address} on under an entry of {@code pmd}, or -1. */
  private static long populated(PageTable pmd, long address) {
    int from = PageTable.index(address, PageTable.PMD);
    for (int index = from; index < PageTable.ENTRIES; index++) {
      if (!Pte.isNone(pmd.entry(index))) {
        long skipped = (long) (index - from) << Addresses.PMD_SHIFT;
        return skipped == 0 ? address : (address & Addresses.PMD_MASK) + skipped;
      }
    }
    return -1;
  }

  /** Where the entry of {@code level} over {@code address} ends. */
  static long boundaryAbove(long address, int level) {
    long span = PageTable.span(level);
    return (address & -span) + span;
  }

  /** Where the PMD entry over {@code address} ends, at most {@code end}. */
  public static long stepEnd(long address, long end) {
    return Math.min(boundaryAbove(address, PageTable.PMD), end);
  }

  /** Whether a step covers all that one PMD entry does. */
  static boolean isWhole(long address, long stepEnd) {
    return stepEnd - address == Addresses.PMD_SIZE;
  }

  /** Pages from {@code address} to {@code end}. */
  static int pages(long address, long end) {
    return (int) ((end - address) >>> Addresses.PAGE_SHIFT);
  }
}
