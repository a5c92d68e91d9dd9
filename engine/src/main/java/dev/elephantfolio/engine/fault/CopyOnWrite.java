package dev.elephantfolio.engine.fault;

import dev.elephantfolio.engine.Errno;
import dev.elephantfolio.engine.Kernel;
import dev.elephantfolio.engine.MemoryException;
import dev.elephantfolio.engine.folio.Folios;
import dev.elephantfolio.engine.folio.MapCounts;
import dev.elephantfolio.engine.frame.FolioFlags;
import dev.elephantfolio.engine.frame.MemMap;
import dev.elephantfolio.engine.mm.RssKind;
import dev.elephantfolio.engine.mm.VmFlags;
import dev.elephantfolio.engine.mm.Vma;
import dev.elephantfolio.engine.notifier.InvalidateEvent;
import dev.elephantfolio.engine.notifier.InvalidateRange;
import dev.elephantfolio.engine.notifier.MmuNotifiers;
import dev.elephantfolio.engine.pagetable.PageTableCursor;
import dev.elephantfolio.engine.pagetable.PageTables;
import dev.elephantfolio.engine.pagetable.Pte;
import dev.elephantfolio.engine.stat.VmEvent;

/**
 * A write to a small page that is mapped read-only, or a pin for reading of one that may be shared:
 * the page is reused when it is exclusive to this process, or is found to be by its counts, and
 * copied otherwise. After a write the page is writable, after a pin as it was.
 *
 * <p>Behaviour: do_wp_page, wp_can_reuse_anon_folio and wp_page_copy, mm/memory.c of 6.18.
 */
final class CopyOnWrite {
  private final Kernel kernel;
  private final MemMap memMap;
  private final Folios folios;
  private final MapCounts mapCounts;
  private final AnonVmaPreparation preparation;

  CopyOnWrite(Kernel kernel, AnonVmaPreparation preparation) {
    this.kernel = kernel;
    this.memMap = kernel.memMap();
    this.folios = kernel.folios();
    this.mapCounts = kernel.mapCounts();
    this.preparation = preparation;
  }

  /** Resolves the fault; takes over the locked {@code pte} and unlocks it. */
  Outcome handle(Fault fault, PageTableCursor pte) {
    long entry = pte.entry();
    if (Pte.isSpecial(entry)) {
      pte.unlock();
      return copy(fault, entry, 0);
    }
    if (fault.vma().has(VmFlags.SHARED)) {
      memMap.setFlag(memMap.head(Pte.pfn(entry)), FolioFlags.DIRTY);
      return makeWritable(fault, pte);
    }
    int page = Pte.pfn(entry);
    int head = memMap.head(page);
    if (memMap.testFlag(head, FolioFlags.ANON) && mayReuse(head, page, fault.vma())) {
      return reuse(fault, pte);
    }
    folios.get(head);
    pte.unlock();
    return copy(fault, entry, head);
  }

  private Outcome reuse(Fault fault, PageTableCursor pte) {
    if (fault.unshare()) {
      pte.unlock();
      return Outcome.DONE;
    }
    kernel.events().count(VmEvent.PGREUSE);
    return makeWritable(fault, pte);
  }

  private static Outcome makeWritable(Fault fault, PageTableCursor pte) {
    long _ = pte.update(0, Pte.YOUNG | FaultHandler.writeBits(fault.vma()));
    pte.unlock();
    return Outcome.DONE;
  }

  /** Whether the page is this process's alone; marks it exclusive then. */
  private boolean mayReuse(int head, int page, Vma vma) {
    if (mapCounts.mayWrite(page)) {
      return true;
    }
    boolean reusable = memMap.isLarge(head) ? mayReuseLarge(head) : mayReuseSmall(head, vma);
    if (reusable) {
      mapCounts.setExclusive(page);
    }
    return reusable;
  }

  /** All mappings and references are of one process; of a single mapped page, better copy it. */
  private boolean mayReuseLarge(int head) {
    return memMap.largeMapCount(head) > 1 && mapCounts.largeIsExclusiveByCounts(head);
  }

  private boolean mayReuseSmall(int head, Vma vma) {
    if (memMap.refCount(head) > 3) {
      return false;
    }
    if (!memMap.testFlag(head, FolioFlags.LRU)) {
      folios.lru().drainLocal();
    }
    if (memMap.refCount(head) > 1 || !folios.tryLock(head)) {
      return false;
    }
    boolean only = memMap.refCount(head) == 1;
    if (only) {
      mapCounts.moveAnon(head, vma);
    }
    folios.unlock(head);
    return only;
  }

  /**
   * Maps a copy in place of {@code entry}.
   *
   * @param oldHead the folio copied from, with a reference to be dropped; 0 for the zero page
   */
  private Outcome copy(Fault fault, long entry, int oldHead) {
    if (!preparation.prepare(fault)) {
      putOld(oldHead, 1);
      return Outcome.RETRY;
    }
    int copy = newCopy(entry, oldHead);
    MmuNotifiers notifiers = fault.mm().notifiers();
    long page = fault.pageAddress();
    InvalidateRange told =
        notifiers.start(InvalidateEvent.CLEAR, page, page + PageTables.PAGE_SIZE);
    boolean replaced = lockAndReplace(fault, entry, oldHead, copy);
    notifiers.end(told);
    if (!replaced) {
      folios.put(copy);
    }
    putOld(oldHead, replaced ? 2 : 1);
    return Outcome.DONE;
  }

  /** False when something else stands there by now. */
  private boolean lockAndReplace(Fault fault, long entry, int oldHead, int copy) {
    PageTableCursor pte = fault.cursor();
    if (!pte.lockPte(fault.address())) {
      return false;
    }
    boolean same = FaultHandler.samePlace(pte.entry(), entry);
    if (same) {
      replace(fault, pte, entry, oldHead, copy);
    }
    pte.unlock();
    return same;
  }

  private void putOld(int oldHead, int references) {
    if (oldHead != 0) {
      folios.put(oldHead, references);
    }
  }

  private int newCopy(long entry, int oldHead) {
    if (oldHead == 0) {
      return AnonymousFault.newPage(kernel);
    }
    int copy = folios.allocate(0, AnonymousFault.GFP_USER);
    if (copy == 0) {
      putOld(oldHead, 1);
      throw new MemoryException(Errno.ENOMEM);
    }
    kernel.contents().copy(copy, Pte.pfn(entry), 1);
    kernel.events().count(VmEvent.COW_COPY);
    return copy;
  }

  private void replace(Fault fault, PageTableCursor pte, long entry, int oldHead, int copy) {
    Vma vma = fault.vma();
    countRss(fault, oldHead);
    long _ = pte.getAndClear();
    kernel.translations().flush();
    long page = fault.pageAddress();
    fault.mm().notifiers().invalidateSecondaryTlbs(page, page + PageTables.PAGE_SIZE);
    mapCounts.addNewAnon(copy, vma, fault.pageAddress(), true);
    folios.addToLru(copy, vma);
    long bits = fault.unshare() ? entry & Pte.SOFT_DIRTY : FaultHandler.writeBits(vma);
    pte.set(Pte.present(copy, Pte.YOUNG | bits));
    if (oldHead != 0) {
      mapCounts.removePtes(oldHead, Pte.pfn(entry), 1, vma);
    }
  }

  private void countRss(Fault fault, int oldHead) {
    if (oldHead == 0) {
      fault.mm().addRss(RssKind.ANON, 1);
    } else if (!memMap.testFlag(oldHead, FolioFlags.ANON)) {
      fault.mm().addRss(FileFault.rssKind(memMap, oldHead), -1);
      fault.mm().addRss(RssKind.ANON, 1);
    }
  }
}
