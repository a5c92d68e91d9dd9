package dev.elephantfolio.engine.gup;

import dev.elephantfolio.engine.Kernel;
import dev.elephantfolio.engine.folio.FolioPins;
import dev.elephantfolio.engine.frame.FolioFlags;
import dev.elephantfolio.engine.frame.MemMap;
import dev.elephantfolio.engine.mm.AddressSpace;
import dev.elephantfolio.engine.pagetable.PageTable;
import dev.elephantfolio.engine.pagetable.PageTables;
import dev.elephantfolio.engine.pagetable.Pte;
import dev.elephantfolio.engine.sync.Mutation;
import dev.elephantfolio.engine.sync.SequenceCount;

/**
 * Holds pages without taking a lock: walks the tables as the processor would, holds the folio it
 * finds, and looks again whether the entry, and the table it stands in, are still what they were.
 *
 * <pre>
 *  here                              | whoever unmaps, splits, collapses, migrates
 *  ----------------------------------+--------------------------------------------
 *  read the entry                    | change the entry
 *  hold the folio, if it has any     | look for unknown references
 *  references; else give up          |
 *  entry or table changed? let go,   | any? put the entry back, give up
 *  and give up                       |
 * </pre>
 *
 * One of the two always sees the other. fork only looks for pins before it changes entries; so a
 * pin also fails when a fork was at work meanwhile ({@link AddressSpace#writeProtect}). Whoever
 * gives up goes the slow way ({@link SlowGup}). Tables that are taken out of the tree may be read
 * on: the collector keeps them. Behaviour: gup_fast and below, mm/gup.c of 6.18.
 */
final class FastGup {
  private static final int HUGE_PAGES = PageTable.ENTRIES;

  private final FolioPins pins;
  private final MemMap memMap;
  private final PinRules rules;
  private final LongtermSeam longterm;
  private final boolean asksAboutFork;
  private final boolean looksAgain;

  FastGup(Kernel kernel, PinRules rules, LongtermSeam longterm) {
    this.pins = kernel.folioPins();
    this.memMap = kernel.memMap();
    this.rules = rules;
    this.longterm = longterm;
    this.asksAboutFork = !kernel.mutations().has(Mutation.NO_FORK_CHECK_IN_GUP_FAST);
    this.looksAgain = !kernel.mutations().has(Mutation.NO_RECHECK_AFTER_GUP_FAST);
  }

  /**
   * Holds the pages from {@code startAddress} up to the first that cannot be had this way.
   *
   * @param pfns told the pages
   * @param pages how many are wanted
   * @return how many are held
   */
  int hold(AddressSpace mm, long startAddress, int pages, int flags, int[] pfns) {
    if (!GupFlags.has(flags, GupFlags.PIN)) {
      return new Walk(mm.tables(), flags, pfns).run(startAddress, pages);
    }
    SequenceCount writeProtect = mm.writeProtect();
    int sequence = writeProtect.read();
    if (asksAboutFork && SequenceCount.isWriting(sequence)) {
      return 0;
    }
    int held = new Walk(mm.tables(), flags, pfns).run(startAddress, pages);
    if (held > 0 && asksAboutFork && writeProtect.changedSince(sequence)) {
      letGo(pfns, held);
      return 0;
    }
    return held;
  }

  private void letGo(int[] pfns, int held) {
    for (int i = 0; i < held; i++) {
      pins.release(memMap.head(pfns[i]), 1, true);
    }
  }

  /** One way through the tables. */
  private final class Walk {
    private final PageTables tables;
    private final int flags;
    private final boolean write;
    private final boolean pin;
    private final int[] pfns;
    private int held;

    Walk(PageTables tables, int flags, int[] pfns) {
      this.tables = tables;
      this.flags = flags;
      this.write = GupFlags.has(flags, GupFlags.WRITE);
      this.pin = GupFlags.has(flags, GupFlags.PIN);
      this.pfns = pfns;
    }

    int run(long startAddress, int pages) {
      long at = startAddress;
      while (held < pages) {
        int before = held;
        int first = PageTable.index(at, PageTable.PTE);
        int step = Math.min(pages - held, HUGE_PAGES - first);
        holdBelow(at, first, step);
        if (held < before + step) {
          break;
        }
        at += (long) step << PageTables.PAGE_SHIFT;
      }
      return held;
    }

    /** Holds {@code pages} pages behind one entry of the PMD level, from the first'th on. */
    private void holdBelow(long address, int first, int pages) {
      PageTable pmd = tables.pmdTable(address);
      if (pmd == null) {
        return;
      }
      int slot = PageTable.index(address, PageTable.PMD);
      long entry = pmd.entry(slot);
      if (Pte.isLeaf(entry)) {
        holdHuge(pmd, slot, entry, first, pages);
        return;
      }
      PageTable table = pmd.child(slot);
      if (table != null) {
        holdSmall(pmd, slot, table, first, pages);
      }
    }

    private void holdHuge(PageTable pmd, int slot, long entry, int first, int pages) {
      if (!Pte.allows(entry, write) || Pte.isSpecial(entry)) {
        return;
      }
      int page = Pte.pfn(entry) + first;
      int head = pins.tryHold(page, pages, pin);
      if (head == 0) {
        return;
      }
      if (isStale(pmd, slot, entry) || !mayKeep(entry, head, Pte.pfn(entry))) {
        pins.release(head, pages, pin);
        return;
      }
      markReferenced(head);
      for (int i = 0; i < pages; i++) {
        pfns[held++] = page + i;
      }
    }

    private void holdSmall(PageTable pmd, int slot, PageTable table, int first, int pages) {
      for (int i = first; i < first + pages; i++) {
        if (!holdOne(pmd, slot, table, i)) {
          return;
        }
      }
    }

    private boolean holdOne(PageTable pmd, int slot, PageTable table, int index) {
      long entry = table.entry(index);
      if (!Pte.allows(entry, write) || Pte.isSpecial(entry)) {
        return false;
      }
      int page = Pte.pfn(entry);
      int head = pins.tryHold(page, 1, pin);
      if (head == 0) {
        return false;
      }
      boolean gone = isStale(table, index, entry) || isDetached(pmd, slot, table);
      if (gone || !mayKeep(entry, head, page)) {
        pins.release(head, 1, pin);
        return false;
      }
      markReferenced(head);
      pfns[held++] = page;
      return true;
    }

    private boolean isStale(PageTable table, int index, long entry) {
      return looksAgain && table.entry(index) != entry;
    }

    /** A collapse takes the table away and leaves the entries in it as they are. */
    private boolean isDetached(PageTable pmd, int slot, PageTable table) {
      return looksAgain && pmd.child(slot) != table;
    }

    private boolean mayKeep(long entry, int head, int marked) {
      boolean mayLast = !GupFlags.has(flags, GupFlags.LONGTERM) || longterm.mayStay(head);
      return mayLast
          && rules.allowsWithoutArea(head, flags)
          && !rules.mustUnshare(entry, head, marked, null, flags);
    }

    private void markReferenced(int head) {
      if (!memMap.testFlag(head, FolioFlags.REFERENCED)) {
        memMap.setFlag(head, FolioFlags.REFERENCED);
      }
    }
  }
}
