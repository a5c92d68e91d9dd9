package dev.elephantfolio.engine.mm;

import dev.elephantfolio.engine.Errno;
import dev.elephantfolio.engine.Kernel;
import dev.elephantfolio.engine.MemoryException;
import dev.elephantfolio.engine.folio.FolioAge;
import dev.elephantfolio.engine.folio.Folios;
import dev.elephantfolio.engine.folio.MapCounts;
import dev.elephantfolio.engine.frame.FolioFlags;
import dev.elephantfolio.engine.frame.MemMap;
import dev.elephantfolio.engine.notifier.InvalidateEvent;
import dev.elephantfolio.engine.notifier.InvalidateRange;
import dev.elephantfolio.engine.notifier.MmuNotifiers;
import dev.elephantfolio.engine.pagetable.PageTableCursor;
import dev.elephantfolio.engine.pagetable.PageTables;
import dev.elephantfolio.engine.pagetable.Pte;
import dev.elephantfolio.engine.tlb.TranslationGate;

/**
 * MADV_FREE: the contents of a range are not needed, but are dropped only when memory is short and
 * nobody wrote to them by then.
 *
 * <p>Entries become old and clean, and folios lose SWAPBACKED; a later write makes the entry dirty
 * again, which saves the folio. A large folio that the range covers in part is split first, unless
 * somebody else may map it too. Works on private anonymous areas only.
 *
 * <p>The caller holds mmap_lock for reading or the area's own lock. Behaviour:
 * madvise_free_pte_range and madvise_free_huge_pmd of 6.18.
 */
public final class AdviseFree {
  private static final long MARKS = Pte.YOUNG | Pte.DIRTY;

  private final MemMap memMap;
  private final Folios folios;
  private final FolioAge age;
  private final MapCounts mapCounts;
  private final PartialFolioSplit partialSplit;
  private final TranslationGate translations;

  public AdviseFree(Kernel kernel) {
    this.memMap = kernel.memMap();
    this.folios = kernel.folios();
    this.age = new FolioAge(memMap, folios.lru(), kernel.events());
    this.mapCounts = kernel.mapCounts();
    this.partialSplit = new PartialFolioSplit(folios, mapCounts, kernel.folioSplit());
    this.translations = kernel.translations();
  }

  /**
   * Marks a range that lies within {@code vma} as not needed.
   *
   * @throws MemoryException EINVAL for an area that is not private anonymous memory
   */
  public void free(Vma vma, long startAddress, long endAddress) {
    if (!vma.isAnonymous()) {
      throw new MemoryException(Errno.EINVAL);
    }
    folios.lru().drainLocal();
    vma.mm().updateHiwaterRss();
    MmuNotifiers notifiers = vma.mm().notifiers();
    InvalidateRange told = notifiers.start(InvalidateEvent.CLEAR, startAddress, endAddress);
    walk(vma.mm().tables(), startAddress, endAddress);
    notifiers.end(told);
    translations.flush();
    notifiers.invalidateSecondaryTlbs(startAddress, endAddress);
  }

  private void walk(PageTables tables, long startAddress, long endAddress) {
    long at = PmdSteps.populated(tables, startAddress, endAddress);
    while (at < endAddress) {
      long stepEnd = PmdSteps.stepEnd(at, endAddress);
      if (!freeHuge(tables, at, stepEnd)) {
        freeTable(tables, at, stepEnd);
      }
      at = PmdSteps.populated(tables, stepEnd, endAddress);
    }
  }

  /** Marks a huge mapping that the step covers wholly; false when there may be PTEs to look at. */
  private boolean freeHuge(PageTables tables, long at, long stepEnd) {
    PageTableCursor pmd = new PageTableCursor(tables);
    if (!Pte.isLeaf(tables.pmdEntry(at)) || !pmd.lockPmd(at)) {
      return false;
    }
    long entry = pmd.entry();
    boolean candidate = Pte.isLeaf(entry) && Pte.isPresent(entry) && !Pte.isSpecial(entry);
    int head = Pte.pfn(entry);
    if (!candidate || mapCounts.maybeMappedShared(head) || !folios.tryLock(head)) {
      pmd.unlock();
      return false;
    }
    if (!PmdSteps.isWhole(at, stepEnd)) {
      folios.get(head);
      pmd.unlock();
      boolean _ = partialSplit.splitLocked(head);
      return false;
    }
    memMap.clearFlag(head, FolioFlags.DIRTY);
    folios.unlock(head);
    long _ = pmd.update(MARKS, 0);
    age.markLazyFree(head);
    pmd.unlock();
    return true;
  }

  private void freeTable(PageTables tables, long at, long stepEnd) {
    PageTableCursor pte = new PageTableCursor(tables);
    if (!pte.lockPte(at)) {
      return;
    }
    long address = at;
    while (address < stepEnd && pte.isLocked()) {
      pte.seek(address);
      long entry = pte.entry();
      int done = 1;
      if (Pte.isPresent(entry) && !Pte.isSpecial(entry)) {
        done = freeFrom(pte, entry, address, PmdSteps.pages(address, stepEnd));
      }
      address += (long) done << Addresses.PAGE_SHIFT;
    }
    if (pte.isLocked()) {
      pte.unlock();
    }
  }

  /** Deals with the entry and those that go on with its folio; gives how many are done. */
  private int freeFrom(PageTableCursor pte, long entry, long address, int max) {
    int head = memMap.head(Pte.pfn(entry));
    int pages = memMap.pages(head);
    int count = pages == 1 ? 1 : PteBatch.length(pte, entry, max, head + pages);
    if (count < pages) {
      return switch (partialSplit.split(pte, head, address)) {
        case SPLIT -> 0;
        case LEFT, FAILED, GONE -> count;
      };
    }
    if (cleaned(head, pages)) {
      if ((PteBatch.union(pte, count) & MARKS) != 0) {
        PteBatch.clear(pte, address, count, MARKS);
      }
      age.markLazyFree(head);
    }
    return count;
  }

  /** Takes the folio's own dirt off; false when others map it too, whose dirt it may be. */
  private boolean cleaned(int head, int pages) {
    if (!memMap.testFlag(head, FolioFlags.DIRTY)) {
      return true;
    }
    if (!folios.tryLock(head)) {
      return false;
    }
    boolean alone = mapCounts.folioMapCount(head) == pages;
    if (alone) {
      memMap.clearFlag(head, FolioFlags.DIRTY);
    }
    folios.unlock(head);
    return alone;
  }
}
