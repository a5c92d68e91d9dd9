package dev.elephantfolio.engine.mm;

import dev.elephantfolio.engine.Kernel;
import dev.elephantfolio.engine.MemoryException;
import dev.elephantfolio.engine.folio.Folios;
import dev.elephantfolio.engine.folio.MapCounts;
import dev.elephantfolio.engine.notifier.InvalidateEvent;
import dev.elephantfolio.engine.notifier.InvalidateRange;
import dev.elephantfolio.engine.notifier.MmuNotifiers;
import dev.elephantfolio.engine.pagetable.PageTable;
import dev.elephantfolio.engine.pagetable.PageTableCursor;
import dev.elephantfolio.engine.pagetable.PageTables;
import dev.elephantfolio.engine.pagetable.Pte;
import dev.elephantfolio.engine.pagetable.TableMoves;
import dev.elephantfolio.engine.sync.Mutation;
import dev.elephantfolio.engine.sync.SequenceCount;

/**
 * Copies the page tables of one area to the child's copy of it, at fork.
 *
 * <pre>
 *  parent's entry             | child gets        | and the parent
 *  ---------------------------+-------------------+-----------------------------------------
 *  page of a private area     | the same, old     | both write-protected, no longer exclusive
 *  pinned exclusive page      | a copy, writable  | unchanged; a huge one is split first
 *  zero page, huge zero page  | the same, old     |
 *  huge page of a file        | nothing: a fault will do
 *  migration entry            | the same          | both made readable in a private area
 *  guard                      | guard             |
 * </pre>
 *
 * <p>Both address spaces' mmap_lock is held for writing and the parent's area is write-locked.
 * Translations of what was write-protected are the caller's to flush before the child may run.
 * Behaviour: copy_page_range, mm/memory.c, and copy_huge_pmd, mm/huge_memory.c, of 6.18.
 */
final class CopyPageTables {
  private final Kernel kernel;
  private final Folios folios;
  private final MapCounts mapCounts;

  CopyPageTables(Kernel kernel) {
    this.kernel = kernel;
    this.folios = kernel.folios();
    this.mapCounts = kernel.mapCounts();
  }

  /**
   * Whether {@code parent} holds what a fault of the child could not make again: pages of its own
   * or guards.
   */
  static boolean needsCopy(Vma parent) {
    return parent.anonVma() != null || parent.has(VmFlags.MAYBE_GUARD);
  }

  /**
   * Copies, if there is need. A refused copy leaves what was copied so far.
   *
   * @throws MemoryException ENOMEM
   */
  void copy(Vma child, Vma parent) {
    if (!needsCopy(parent)) {
      return;
    }
    if (!VmFlags.isCopyOnWrite(parent.flags())) {
      new Copy(child, parent).run();
      return;
    }
    MmuNotifiers notifiers = parent.mm().notifiers();
    InvalidateRange told =
        notifiers.start(InvalidateEvent.PROTECTION_PAGE, parent.start(), parent.end());
    SequenceCount writeProtect = parent.mm().writeProtect();
    writeProtect.beginWrite();
    try {
      new Copy(child, parent).run();
    } finally {
      writeProtect.endWrite();
      notifiers.end(told);
    }
  }

  /**
   * Whether pages of {@code parent} may be pinned, so that each must be looked at. To be asked
   * while write-protecting, when no pin without a lock can succeed that is not seen here.
   */
  static boolean mayBePinned(Kernel kernel, Vma parent) {
    return parent.mm().hasFlag(MmFlags.HAS_PINNED)
        && !kernel.mutations().has(Mutation.NO_EXCLUSIVE_CHECK_AT_FORK);
  }

  /** The copy of one area. */
  private final class Copy {
    private final Vma child;
    private final Vma parent;
    private final PageTables childTables;
    private final PageTables parentTables;
    private final TableMoves childPlaces;
    private final PageTableCursor childPmd;
    private final PageTableCursor parentPmd;
    private final CopyPtes ptes;

    Copy(Vma child, Vma parent) {
      this.child = child;
      this.parent = parent;
      this.childTables = child.mm().tables();
      this.parentTables = parent.mm().tables();
      this.childPlaces = new TableMoves(childTables);
      this.childPmd = new PageTableCursor(childTables);
      this.parentPmd = new PageTableCursor(parentTables);
      this.ptes = new CopyPtes(kernel, child, parent);
    }

    void run() {
      try {
        copyBelow(parentTables.root(), parent.start(), parent.end());
      } finally {
        ptes.close();
      }
    }

    /** Copies what hangs below {@code table}, of the PGD or PUD level, in the range. */
    private void copyBelow(PageTable table, long startAddress, long endAddress) {
      int level = table.level();
      long at = startAddress;
      while (at < endAddress) {
        long next = Math.min(boundaryAbove(at, level), endAddress);
        PageTable lower = table.child(PageTable.index(at, level));
        if (lower != null) {
          childPlaces.ensure(at, level - 1);
          if (lower.level() == PageTable.PMD) {
            copyPmds(lower, at, next);
          } else {
            copyBelow(lower, at, next);
          }
        }
        at = next;
      }
    }

    private void copyPmds(PageTable pmd, long startAddress, long endAddress) {
      long at = startAddress;
      while (at < endAddress) {
        long next = Math.min(boundaryAbove(at, PageTable.PMD), endAddress);
        long entry = pmd.entry(PageTable.index(at, PageTable.PMD));
        if (!Pte.isNone(entry) && !(Pte.isLeaf(entry) && copyHuge(at))) {
          ptes.copy(at, next);
        }
        at = next;
      }
    }

    private static long boundaryAbove(long address, int level) {
      long span = PageTable.span(level);
      return (address & -span) + span;
    }

    /**
     * Copies the huge entry at {@code address}, with a table deposited for the child's.
     *
     * @return false when it is a table by now
     */
    private boolean copyHuge(long address) {
      if (!child.isAnonymous()) {
        return true;
      }
      int deposit = childTables.allocateFrame();
      childPmd.lockPmdAllocating(address);
      boolean _ = parentPmd.lockPmdNested(address);
      HugeCopy outcome = copyHugeLocked(deposit);
      parentPmd.unlock();
      childPmd.unlock();
      if (outcome != HugeCopy.DONE) {
        childTables.releaseFrame(deposit);
      }
      if (outcome == HugeCopy.PINNED) {
        kernel.pmdSplit().split(parent, address);
      }
      return outcome == HugeCopy.DONE;
    }

    private HugeCopy copyHugeLocked(int deposit) {
      long entry = parentPmd.entry();
      if (!Pte.isLeaf(entry)) {
        return HugeCopy.SPLIT;
      }
      if (!Pte.isMigration(entry) && !dupHuge(entry)) {
        return HugeCopy.PINNED;
      }
      if (!Pte.isSpecial(entry)) {
        child.mm().addRss(RssKind.ANON, PageTable.ENTRIES);
      }
      long mark = Pte.isMigration(entry) ? Pte.EXCLUSIVE : 0;
      long shared = parentPmd.update(Pte.WRITABLE | mark, 0);
      childPmd.deposit(deposit);
      childPmd.set(Pte.isMigration(entry) ? shared : shared & ~Pte.YOUNG);
      return HugeCopy.DONE;
    }

    /** Counts the child's mapping of a present huge entry; false when it is pinned. */
    private boolean dupHuge(long entry) {
      if (Pte.isSpecial(entry)) {
        int _ = kernel.hugeZero().get(child.mm());
        return true;
      }
      int head = Pte.pfn(entry);
      folios.get(head);
      boolean mayBePinned = mayBePinned(kernel, parent);
      if (mapCounts.tryDupAnonPmd(head, child.mm(), mayBePinned)) {
        return true;
      }
      folios.put(head);
      return false;
    }
  }

  /** What became of a huge entry: copied; found split; left because it is pinned. */
  private enum HugeCopy {
    DONE,
    SPLIT,
    PINNED
  }
}
