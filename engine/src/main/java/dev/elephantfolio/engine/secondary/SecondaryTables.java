package dev.elephantfolio.engine.secondary;

import dev.elephantfolio.engine.Kernel;
import dev.elephantfolio.engine.MemoryException;
import dev.elephantfolio.engine.mm.PmdSteps;
import dev.elephantfolio.engine.pagetable.FreePageTables;
import dev.elephantfolio.engine.pagetable.PageTable;
import dev.elephantfolio.engine.pagetable.PageTableCursor;
import dev.elephantfolio.engine.pagetable.PageTables;
import dev.elephantfolio.engine.pagetable.Pte;

/**
 * The tables of a secondary MMU, from guest addresses to frames: the same entries as a process's,
 * leaves of 4 KiB and of 2 MiB. They count as no mapping and hold no reference.
 *
 * <p>Changed under the lock of the secondary MMU; read, and marked as used, without it. What says
 * that translations went leaves it to the caller to wait until none is in use.
 */
final class SecondaryTables {
  /** Beyond every guest address. */
  private static final long END = 1L << 47;

  /** What is told of every translation. */
  interface Visitor {
    void visit(long guestAddress, long entry);
  }

  private final PageTables tables;
  private long small;
  private long huge;

  /**
   * @throws MemoryException ENOMEM
   */
  SecondaryTables(Kernel kernel) {
    this.tables =
        new PageTables(
            kernel.pages(), kernel.memMap(), kernel.secondaryTableFrames(), kernel.mutations());
  }

  /** Frames that the tables take, the root included. */
  long frames() {
    return 1 + tables.tableBytes() / PageTables.PAGE_SIZE;
  }

  /** Translations of 4 KiB. */
  long small() {
    return small;
  }

  /** Translations of 2 MiB. */
  long huge() {
    return huge;
  }

  /** The entry that translates {@code guest} now; none without. */
  long load(long guest) {
    return tables.load(guest);
  }

  /** As {@link PageTables#markAccessed}. */
  boolean markAccessed(long guest, long entry, boolean write) {
    return tables.markAccessed(guest, entry, write);
  }

  /** Takes the mark of use off the entry over {@code guest}; whether it had one. */
  boolean clearYoung(long guest) {
    return tables.clearYoung(guest);
  }

  /**
   * Makes the tables that a translation needs, before the lock is taken under which none can be
   * made. A huge translation that stands there stays.
   *
   * @throws MemoryException ENOMEM
   */
  void prepare(long guest, boolean forHuge) {
    if (forHuge) {
      tables.ensurePmdTable(guest);
    } else {
      boolean _ = new PageTableCursor(tables).ensurePteTable(guest);
    }
  }

  /** Whether {@link #mapSmall} would find a table. */
  boolean hasSmallTable(long guest) {
    return tables.pteTable(guest) != null;
  }

  /** Translates one page; true when another page was translated there before. */
  boolean mapSmall(long guest, long entry) {
    PageTableCursor pte = new PageTableCursor(tables);
    if (!pte.lockPte(guest)) {
      throw new IllegalStateException("no table at " + Long.toHexString(guest));
    }
    long old = pte.exchange(entry);
    pte.unlock();
    small += Pte.isNone(old) ? 1 : 0;
    return !Pte.isNone(old) && Pte.pfn(old) != Pte.pfn(entry);
  }

  /**
   * Translates a block by one entry, in place of the small ones that may stand there.
   *
   * @param flush waits until no old translation is in use
   */
  void mapHuge(long guestBlock, long entry, Runnable flush) {
    PageTableCursor pmd = new PageTableCursor(tables);
    if (!pmd.lockPmd(guestBlock)) {
      throw new IllegalStateException("no table at " + Long.toHexString(guestBlock));
    }
    PageTable below = pmd.child();
    if (below != null) {
      PageTable _ = pmd.detach();
      flush.run();
      small -= clear(below);
      tables.release(below);
    }
    long old = pmd.exchange(entry);
    pmd.unlock();
    huge += Pte.isNone(old) ? 1 : 0;
    if (!Pte.isNone(old) && Pte.pfn(old) != Pte.pfn(entry)) {
      flush.run();
    }
  }

  private static int clear(PageTable detached) {
    int present = 0;
    for (int i = 0; i < PageTable.ENTRIES; i++) {
      if (!Pte.isNone(detached.entry(i))) {
        PageTableCursor.fill(detached, i, Pte.NONE);
        present++;
      }
    }
    return present;
  }

  /** Drops the translations of the range, a huge one as a whole; whether there was any. */
  boolean zap(long guestStart, long guestEnd) {
    long before = small + huge;
    long at = PmdSteps.populated(tables, guestStart, guestEnd);
    while (at < guestEnd) {
      long stepEnd = PmdSteps.stepEnd(at, guestEnd);
      if (Pte.isLeaf(tables.pmdEntry(at))) {
        zapHuge(at);
      } else {
        zapSmall(at, stepEnd);
      }
      at = PmdSteps.populated(tables, stepEnd, guestEnd);
    }
    return small + huge != before;
  }

  private void zapHuge(long at) {
    PageTableCursor pmd = new PageTableCursor(tables);
    if (pmd.lockPmd(at)) {
      long _ = pmd.getAndClear();
      pmd.unlock();
      huge--;
    }
  }

  private void zapSmall(long at, long stepEnd) {
    PageTableCursor pte = new PageTableCursor(tables);
    if (!pte.lockPte(at)) {
      return;
    }
    for (long page = at; page < stepEnd; page += PageTables.PAGE_SIZE) {
      pte.seek(page);
      if (!Pte.isNone(pte.entry())) {
        long _ = pte.getAndClear();
        small--;
      }
    }
    pte.unlock();
  }

  /** Tells {@code visitor} of every translation in the range, without a lock. */
  void forEach(long guestStart, long guestEnd, Visitor visitor) {
    long at = PmdSteps.populated(tables, guestStart, guestEnd);
    while (at < guestEnd) {
      long stepEnd = PmdSteps.stepEnd(at, guestEnd);
      long step = Pte.isLeaf(tables.pmdEntry(at)) ? PageTables.PMD_SIZE : PageTables.PAGE_SIZE;
      for (long page = at; page < stepEnd; page += step) {
        long entry = tables.load(page);
        if (!Pte.isNone(entry)) {
          visitor.visit(page, entry);
        }
      }
      at = PmdSteps.populated(tables, stepEnd, guestEnd);
    }
  }

  /** As {@link #forEach(long, long, Visitor)} for all. */
  void forEach(Visitor visitor) {
    forEach(0, END, visitor);
  }

  boolean zapAll() {
    return zap(0, END);
  }

  /** Gives all tables back; every translation was dropped, and nobody makes another. */
  void destroy() {
    FreePageTables.free(tables, 0, END, 0, 0);
    tables.destroy();
  }
}
