package dev.elephantfolio.engine.mm;

import dev.elephantfolio.engine.Kernel;
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
import dev.elephantfolio.engine.rmap.AnonVma;
import dev.elephantfolio.engine.rmap.ReverseMap;
import dev.elephantfolio.engine.thp.PmdSplit;
import dev.elephantfolio.engine.tlb.TranslationGate;

/**
 * Unmaps a folio that MADV_FREE marked, everywhere, unless it was written since or somebody holds a
 * reference through which it may be written.
 *
 * <p>Behaviour: try_to_unmap of 6.18, as far as it concerns such folios. (A huge mapping of one is
 * split first: so 6.18.44 counts it.)
 */
final class LazyFreeDiscard {
  private final MemMap memMap;
  private final Folios folios;
  private final MapCounts mapCounts;
  private final ReverseMap reverseMap;
  private final PmdSplit pmdSplit;
  private final TranslationGate translations;

  LazyFreeDiscard(Kernel kernel) {
    this.memMap = kernel.memMap();
    this.folios = kernel.folios();
    this.mapCounts = kernel.mapCounts();
    this.reverseMap = kernel.reverseMap();
    this.pmdSplit = kernel.pmdSplit();
    this.translations = kernel.translations();
  }

  /**
   * Unmaps {@code head}, which the caller has locked and holds one reference to; whether it is
   * mapped nowhere now.
   */
  boolean unmap(int head) {
    AnonVma anonVma = mapCounts.isMapped(head) ? reverseMap.lockForWrite(head) : null;
    if (anonVma != null) {
      int pages = memMap.pages(head);
      reverseMap.walk(
          head,
          pages,
          anonVma,
          (vma, address, firstPage, count) ->
              tellAndUnmap(vma, head, head + firstPage, address, count));
      anonVma.lock().writeUnlock();
    }
    return !mapCounts.isMapped(head);
  }

  private boolean tellAndUnmap(Vma vma, int head, int firstPfn, long address, int count) {
    MmuNotifiers notifiers = vma.mm().notifiers();
    long end = address + ((long) count << Addresses.PAGE_SHIFT);
    InvalidateRange told = notifiers.start(InvalidateEvent.CLEAR, address, end);
    boolean unmapped =
        vma.has(VmFlags.LOCKED)
            ? !mapsAny(vma, firstPfn, address, end)
            : unmapFrom(vma, head, firstPfn, address, end);
    notifiers.end(told);
    return unmapped;
  }

  /** Whether a locked area, which the walk goes by, really maps some of the pages. */
  private static boolean mapsAny(Vma vma, int firstPfn, long address, long end) {
    PageTables tables = vma.mm().tables();
    int page = firstPfn;
    for (long at = address; at < end; at += Addresses.PAGE_SIZE) {
      long entry = tables.load(at);
      int within = Pte.isLeaf(entry) ? (int) Addresses.pages(at & ~Addresses.PMD_MASK) : 0;
      boolean present = Pte.isPresent(entry) && !Pte.isSpecial(entry);
      if (present && Pte.pfn(entry) + within == page) {
        return true;
      }
      page++;
    }
    return false;
  }

  /** Unmaps pages of the folio from one area; false when the folio must be kept. */
  private boolean unmapFrom(Vma vma, int head, int firstPfn, long address, long end) {
    splitHuge(vma, head, address);
    int page = firstPfn;
    PageTableCursor pte = new PageTableCursor(vma.mm().tables());
    for (long at = address; at < end; at = PmdSteps.stepEnd(at, end)) {
      int pages = PmdSteps.pages(at, PmdSteps.stepEnd(at, end));
      if (pte.lockPte(at)) {
        boolean unmapped = unmapTable(pte, vma, head, page, at, pages);
        pte.unlock();
        if (!unmapped) {
          return false;
        }
      }
      page += pages;
    }
    return true;
  }

  private void splitHuge(Vma vma, int head, long address) {
    PageTables tables = vma.mm().tables();
    PageTableCursor pmd = new PageTableCursor(tables);
    if (!Pte.isLeaf(tables.pmdEntry(address)) || !pmd.lockPmd(address)) {
      return;
    }
    long entry = pmd.entry();
    if (Pte.isLeaf(entry) && Pte.isPresent(entry) && Pte.pfn(entry) == head) {
      pmdSplit.splitLocked(pmd, address & Addresses.PMD_MASK, vma, false);
    }
    pmd.unlock();
  }

  /**
   * Unmaps by batches of entries of the same rights; what is unmapped before a batch for whose sake
   * the folio must be kept stays so.
   */
  private boolean unmapTable(
      PageTableCursor pte, Vma vma, int head, int firstPfn, long at, int pages) {
    int endPfn = head + memMap.pages(head);
    int i = 0;
    while (i < pages) {
      long address = at + ((long) i << Addresses.PAGE_SHIFT);
      pte.seek(address);
      long entry = pte.entry();
      int count = 1;
      if (maps(entry, firstPfn + i)) {
        count = PteBatch.lengthOfSameRights(pte, entry, pages - i, endPfn);
        if (!unmapBatch(pte, vma, head, address, count)) {
          return false;
        }
      }
      i += count;
    }
    return true;
  }

  /** Takes the entries away, and puts them back when the folio must be kept. */
  private boolean unmapBatch(PageTableCursor pte, Vma vma, int head, long at, int count) {
    long[] old = new long[count];
    long marks = 0;
    for (int i = 0; i < count; i++) {
      pte.seek(at + ((long) i << Addresses.PAGE_SHIFT));
      old[i] = pte.getAndClear();
      marks |= old[i] & (Pte.YOUNG | Pte.DIRTY);
    }
    translations.flush();
    vma.mm().notifiers().invalidateSecondaryTlbs(at, at + ((long) count << Addresses.PAGE_SHIFT));
    if (Pte.isDirty(marks)) {
      memMap.setFlag(head, FolioFlags.DIRTY);
    }
    if (mustKeep(vma, head)) {
      restore(pte, old, at, marks);
      return false;
    }
    vma.mm().updateHiwaterRss();
    vma.mm().addRss(RssKind.ANON, -count);
    mapCounts.removePtes(head, Pte.pfn(old[0]), count, vma);
    folios.put(head, count);
    return true;
  }

  private static boolean maps(long entry, int pfn) {
    return Pte.isPresent(entry) && !Pte.isSpecial(entry) && Pte.pfn(entry) == pfn;
  }

  /** Whether the folio was written again, or a reference besides ours and the mappings' exists. */
  private boolean mustKeep(Vma vma, int head) {
    if (memMap.testFlag(head, FolioFlags.DIRTY) && !vma.has(VmFlags.DROPPABLE)) {
      memMap.setFlag(head, FolioFlags.SWAPBACKED);
      return true;
    }
    return memMap.refCount(head) != 1 + mapCounts.folioMapCount(head);
  }

  /** As one batch: each entry comes back with the marks of all. */
  private static void restore(PageTableCursor pte, long[] old, long at, long marks) {
    for (int i = 0; i < old.length; i++) {
      pte.seek(at + ((long) i << Addresses.PAGE_SHIFT));
      pte.set(old[i] | marks);
    }
  }
}
