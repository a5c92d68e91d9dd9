package dev.elephantfolio.engine.mm;

import dev.elephantfolio.engine.Errno;
import dev.elephantfolio.engine.Kernel;
import dev.elephantfolio.engine.MemoryException;
import dev.elephantfolio.engine.folio.FolioAge;
import dev.elephantfolio.engine.folio.Folios;
import dev.elephantfolio.engine.folio.MapCounts;
import dev.elephantfolio.engine.frame.FolioFlags;
import dev.elephantfolio.engine.frame.MemMap;
import dev.elephantfolio.engine.pagecache.MappedFile;
import dev.elephantfolio.engine.pagetable.PageTableCursor;
import dev.elephantfolio.engine.pagetable.PageTables;
import dev.elephantfolio.engine.pagetable.Pte;
import dev.elephantfolio.engine.tlb.TranslationGate;

/**
 * MADV_COLD and MADV_PAGEOUT: a range will not be used soon, so its folios become inactive, or are
 * reclaimed at once.
 *
 * <p>Folios that others map too are left alone. A large folio that the range covers in part is
 * split first.
 *
 * <pre>
 *             range
 *        [             )
 *   [ 64K ][ 64K ][ 64K ]    the first and the last are split to pages, the pages
 *        ^^^^^^^^^^^^^^      within the range and the one in the middle become cold
 * </pre>
 *
 * <p>The caller holds mmap_lock for reading. Behaviour: madvise_cold_or_pageout_pte_range of 6.18.
 */
public final class AdviseCold {
  private static final long NOT_ADVISABLE = VmFlags.LOCKED | VmFlags.PFNMAP | VmFlags.HUGETLB;

  private final MemMap memMap;
  private final Folios folios;
  private final FolioAge age;
  private final MapCounts mapCounts;
  private final PartialFolioSplit partialSplit;
  private final PageOut pageOut;
  private final TranslationGate translations;

  public AdviseCold(Kernel kernel) {
    this.memMap = kernel.memMap();
    this.folios = kernel.folios();
    this.age = new FolioAge(memMap, folios.lru(), kernel.events());
    this.mapCounts = kernel.mapCounts();
    this.partialSplit = new PartialFolioSplit(folios, mapCounts, kernel.folioSplit());
    this.pageOut = new PageOut(kernel);
    this.translations = kernel.translations();
  }

  /**
   * Makes the folios of a range within {@code vma} old and inactive.
   *
   * @throws MemoryException EINVAL for a locked or device area
   */
  public void cold(Vma vma, long startAddress, long endAddress) {
    requireAdvisable(vma);
    folios.lru().drainLocal();
    new Pass(vma, false, false).walk(startAddress, endAddress);
  }

  /**
   * Reclaims the folios of a range within {@code vma} as far as possible. Of a file that the
   * process may not write, only its private copies.
   *
   * @throws MemoryException EINVAL for a locked or device area
   */
  public void pageOut(Vma vma, long startAddress, long endAddress) {
    requireAdvisable(vma);
    MappedFile file = vma.file();
    boolean anonOnly = file != null && !file.writable();
    if (anonOnly && vma.has(VmFlags.MAYSHARE)) {
      return;
    }
    folios.lru().drainLocal();
    new Pass(vma, true, anonOnly).walk(startAddress, endAddress);
  }

  private static void requireAdvisable(Vma vma) {
    if (vma.has(NOT_ADVISABLE)) {
      throw new MemoryException(Errno.EINVAL);
    }
  }

  /** One range of one area. */
  private final class Pass {
    private final AddressSpace mm;
    private final PageTables tables;
    private final boolean pageOutAll;
    private final boolean anonOnly;
    private final PageOut.Isolated isolated;

    Pass(Vma vma, boolean pageOutAll, boolean anonOnly) {
      this.mm = vma.mm();
      this.tables = mm.tables();
      this.pageOutAll = pageOutAll;
      this.anonOnly = anonOnly;
      this.isolated = pageOut.new Isolated(vma);
    }

    void walk(long start, long end) {
      long at = PmdSteps.populated(tables, start, end);
      while (at < end) {
        long stepEnd = PmdSteps.stepEnd(at, end);
        if (!adviseHuge(at, stepEnd)) {
          adviseTable(at, stepEnd);
        }
        isolated.reclaim();
        at = PmdSteps.populated(tables, stepEnd, end);
      }
      translations.flush();
      mm.notifiers().invalidateSecondaryTlbs(start, end);
    }

    /** Deals with a huge mapping; false when there may be PTEs to look at. */
    private boolean adviseHuge(long at, long stepEnd) {
      PageTableCursor pmd = new PageTableCursor(tables);
      if (!Pte.isLeaf(tables.pmdEntry(at)) || !pmd.lockPmd(at)) {
        return false;
      }
      long entry = pmd.entry();
      int head = Pte.pfn(entry);
      boolean huge = Pte.isLeaf(entry);
      boolean ours =
          huge
              && Pte.isPresent(entry)
              && !Pte.isSpecial(entry)
              && !mapCounts.maybeMappedShared(head)
              && wanted(head);
      if (ours && !PmdSteps.isWhole(at, stepEnd)) {
        folios.get(head);
        pmd.unlock();
        folios.lock(head);
        return !partialSplit.splitLocked(head);
      }
      if (ours) {
        if (!pageOutAll) {
          long _ = pmd.update(Pte.YOUNG, 0);
        }
        retire(head, at);
      }
      pmd.unlock();
      return huge;
    }

    private boolean wanted(int head) {
      return !anonOnly || memMap.testFlag(head, FolioFlags.ANON);
    }

    private void adviseTable(long at, long stepEnd) {
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
          done = adviseFrom(pte, entry, address, PmdSteps.pages(address, stepEnd));
        }
        address += (long) done << Addresses.PAGE_SHIFT;
      }
      if (pte.isLocked()) {
        pte.unlock();
      }
    }

    /** Deals with the entry and those that go on with its folio; gives how many are done. */
    private int adviseFrom(PageTableCursor pte, long entry, long address, int max) {
      int head = memMap.head(Pte.pfn(entry));
      int pages = memMap.pages(head);
      int count = pages == 1 ? 1 : PteBatch.length(pte, entry, max, head + pages);
      if (!wanted(head)) {
        return count;
      }
      if (count < pages) {
        return switch (partialSplit.split(pte, head, address)) {
          case SPLIT -> 0;
          case LEFT, FAILED, GONE -> count;
        };
      }
      // Mapped wholly here: as often as it has pages means nowhere else.
      if (memMap.testFlag(head, FolioFlags.LRU) && mapCounts.folioMapCount(head) == pages) {
        if (!pageOutAll && Pte.isYoung(PteBatch.union(pte, count))) {
          PteBatch.clear(pte, address, count, Pte.YOUNG);
        }
        retire(head, address);
      }
      return count;
    }

    private void retire(int head, long address) {
      memMap.clearFlag(head, FolioFlags.REFERENCED);
      if (memMap.testFlag(head, FolioFlags.ACTIVE)) {
        memMap.setFlag(head, FolioFlags.WORKINGSET);
      }
      if (pageOutAll) {
        isolated.add(head, address);
      } else {
        age.deactivate(head);
      }
    }
  }
}
