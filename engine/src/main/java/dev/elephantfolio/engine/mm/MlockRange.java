package dev.elephantfolio.engine.mm;

import dev.elephantfolio.engine.Kernel;
import dev.elephantfolio.engine.folio.Folios;
import dev.elephantfolio.engine.frame.MemMap;
import dev.elephantfolio.engine.pagetable.PageTableCursor;
import dev.elephantfolio.engine.pagetable.PageTables;
import dev.elephantfolio.engine.pagetable.Pte;
import dev.elephantfolio.engine.rmap.ReverseMap;

/**
 * Marks the folios that are present in a range mlocked, or no longer, as the area's flags say.
 *
 * <pre>
 *  the range maps               | locking     | unlocking
 *  -----------------------------+-------------+-----------
 *  a small folio                | mlocked     | unmarked
 *  a huge folio by a PMD        | mlocked     | unmarked
 *  all of a large folio by PTEs | mlocked     | unmarked
 *  a part of a large folio      | left alone  | unmarked
 * </pre>
 *
 * <p>The caller holds mmap_lock for writing. Behaviour: mlock_pte_range, mm/mlock.c of 6.18.
 */
public final class MlockRange {
  private final MemMap memMap;
  private final Folios folios;

  public MlockRange(Kernel kernel) {
    this.memMap = kernel.memMap();
    this.folios = kernel.folios();
  }

  /** Marks the pages of a range that lies within {@code vma}. */
  public void mark(Vma vma, long startAddress, long endAddress) {
    folios.lru().drainLocal();
    PageTables tables = vma.mm().tables();
    long at = PmdSteps.populated(tables, startAddress, endAddress);
    while (at < endAddress) {
      long stepEnd = PmdSteps.stepEnd(at, endAddress);
      if (!markHuge(vma, at)) {
        markTable(vma, at, stepEnd);
      }
      at = PmdSteps.populated(tables, stepEnd, endAddress);
    }
    folios.lru().drainLocal();
  }

  /** Marks the folio of a huge mapping; false when there is none. */
  private boolean markHuge(Vma vma, long at) {
    PageTables tables = vma.mm().tables();
    PageTableCursor pmd = new PageTableCursor(tables);
    if (!Pte.isLeaf(tables.pmdEntry(at)) || !pmd.lockPmd(at)) {
      return false;
    }
    long entry = pmd.entry();
    if (Pte.isLeaf(entry) && Pte.isPresent(entry) && !Pte.isSpecial(entry)) {
      mark(Pte.pfn(entry), vma);
    }
    pmd.unlock();
    return Pte.isLeaf(entry);
  }

  private void markTable(Vma vma, long at, long stepEnd) {
    PageTableCursor pte = new PageTableCursor(vma.mm().tables());
    if (!pte.lockPte(at)) {
      return;
    }
    int step;
    for (long page = at; page < stepEnd; page += (long) step << Addresses.PAGE_SHIFT) {
      pte.seek(page);
      step = 1;
      long entry = pte.entry();
      if (Pte.isPresent(entry) && !Pte.isSpecial(entry)) {
        int head = memMap.head(Pte.pfn(entry));
        int pages = memMap.pages(head);
        if (pages > 1) {
          step = PteBatch.length(pte, entry, PmdSteps.pages(page, stepEnd), head + pages);
        }
        if (!vma.has(VmFlags.LOCKED) || pages == 1 || isWithin(head, step, vma, at, stepEnd)) {
          mark(head, vma);
        }
      }
    }
    pte.unlock();
  }

  /**
   * Whether all of the large folio lies within the area and {@code [start, end)}, and all of it is
   * mapped: {@code mapped} pages in a row are.
   */
  private boolean isWithin(int head, int mapped, Vma vma, long start, long end) {
    int pages = memMap.pages(head);
    long first = vma.addressOf(ReverseMap.index(memMap.mapping(head)));
    return mapped == pages && first >= start && end - first >= (long) pages * Addresses.PAGE_SIZE;
  }

  private void mark(int head, Vma vma) {
    if (vma.has(VmFlags.LOCKED)) {
      folios.mlock(head);
    } else {
      folios.munlock(head);
    }
  }
}
