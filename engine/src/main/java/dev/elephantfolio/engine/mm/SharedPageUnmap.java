package dev.elephantfolio.engine.mm;

import dev.elephantfolio.engine.Kernel;
import dev.elephantfolio.engine.folio.Folios;
import dev.elephantfolio.engine.folio.MapCounts;
import dev.elephantfolio.engine.frame.FolioFlags;
import dev.elephantfolio.engine.frame.MemMap;
import dev.elephantfolio.engine.notifier.InvalidateEvent;
import dev.elephantfolio.engine.notifier.InvalidateRange;
import dev.elephantfolio.engine.notifier.MmuNotifiers;
import dev.elephantfolio.engine.pagecache.MappedFile;
import dev.elephantfolio.engine.pagetable.PageTableCursor;
import dev.elephantfolio.engine.pagetable.Pte;
import dev.elephantfolio.engine.tlb.TranslationGate;
import java.util.Objects;

/**
 * Takes a page of shared memory that one area alone maps out of it, as reclaim does.
 *
 * <p>The caller holds mmap_lock for reading, the page's lock and a reference to it. Behaviour:
 * try_to_unmap_one, mm/rmap.c, and __remove_mapping, mm/vmscan.c, of 6.18.
 */
final class SharedPageUnmap {
  private final MemMap memMap;
  private final Folios folios;
  private final MapCounts mapCounts;
  private final TranslationGate translations;

  SharedPageUnmap(Kernel kernel) {
    this.memMap = kernel.memMap();
    this.folios = kernel.folios();
    this.mapCounts = kernel.mapCounts();
    this.translations = kernel.translations();
  }

  /** Unmaps the page from its one place; whether nobody maps it now. False for a plain file's. */
  boolean unmap(Vma vma, int page, long address) {
    if (!Objects.requireNonNull(vma.file()).isShmem()) {
      return false;
    }
    MmuNotifiers notifiers = vma.mm().notifiers();
    long end = address + Addresses.PAGE_SIZE;
    InvalidateRange told = notifiers.start(InvalidateEvent.CLEAR, address, end);
    PageTableCursor pte = new PageTableCursor(vma.mm().tables());
    if (pte.lockPte(address)) {
      if (Pte.isPresent(pte.entry()) && Pte.pfn(pte.entry()) == page) {
        takeOut(vma, page, pte, address);
      }
      pte.unlock();
    }
    notifiers.end(told);
    return !mapCounts.isMapped(page);
  }

  private void takeOut(Vma vma, int page, PageTableCursor pte, long address) {
    long old = pte.getAndClear();
    translations.flush();
    vma.mm().notifiers().invalidateSecondaryTlbs(address, address + Addresses.PAGE_SIZE);
    if (Pte.isDirty(old)) {
      memMap.setFlag(page, FolioFlags.DIRTY);
    }
    vma.mm().updateHiwaterRss();
    vma.mm().addRss(RssKind.of(memMap, page), -1);
    mapCounts.removePtes(page, page, 1, vma);
    folios.put(page);
  }

  /** Has the file forget the page, unless somebody else refers to it by now. */
  void drop(Vma vma, int page, long address) {
    MappedFile file = Objects.requireNonNull(vma.file());
    file.dropUnused(vma.pageOffset(address), page);
  }
}
