package dev.elephantfolio.engine.fault;

import dev.elephantfolio.engine.Kernel;
import dev.elephantfolio.engine.MemoryException;
import dev.elephantfolio.engine.folio.Folios;
import dev.elephantfolio.engine.frame.MemMap;
import dev.elephantfolio.engine.mm.RssKind;
import dev.elephantfolio.engine.mm.Vma;
import dev.elephantfolio.engine.notifier.InvalidateEvent;
import dev.elephantfolio.engine.notifier.InvalidateRange;
import dev.elephantfolio.engine.notifier.MmuNotifiers;
import dev.elephantfolio.engine.pagetable.PageTableCursor;
import dev.elephantfolio.engine.pagetable.PageTables;
import dev.elephantfolio.engine.pagetable.Pte;
import dev.elephantfolio.engine.stat.ThpStat;
import dev.elephantfolio.engine.stat.VmEvent;
import dev.elephantfolio.engine.sync.Mutation;
import dev.elephantfolio.engine.thp.Khugepaged;

/**
 * Faults that a huge mapping may resolve: the first touch of an empty 2 MiB place, and a write to a
 * huge page that is mapped read-only.
 *
 * <p>Behaviour: do_huge_pmd_anonymous_page and do_huge_pmd_wp_page, mm/huge_memory.c of 6.18.
 */
final class HugeFault {
  private static final int ORDER = 9;
  private static final int PAGES = 1 << ORDER;

  private final Kernel kernel;
  private final MemMap memMap;
  private final Folios folios;
  private final AnonVmaPreparation preparation;
  private final Khugepaged khugepaged;

  HugeFault(Kernel kernel, AnonVmaPreparation preparation, Khugepaged khugepaged) {
    this.kernel = kernel;
    this.memMap = kernel.memMap();
    this.folios = kernel.folios();
    this.preparation = preparation;
    this.khugepaged = khugepaged;
  }

  /** The first touch of a place that may be huge. */
  Outcome anonymous(Fault fault) {
    Vma vma = fault.vma();
    long huge = fault.hugeAddress();
    if (huge < vma.start() || huge + PageTables.PMD_SIZE > vma.end()) {
      return Outcome.FALLBACK;
    }
    if (!preparation.prepare(fault)) {
      return Outcome.RETRY;
    }
    khugepaged.enter(vma, vma.flags());
    fault.mm().tables().ensurePmdTable(huge);
    if (!fault.write() && kernel.thpOrders().zeroPageAllowed()) {
      return mapHugeZero(fault);
    }
    int folio = allocate(fault);
    return folio == 0 ? Outcome.FALLBACK : mapNew(fault, folio);
  }

  private Outcome mapHugeZero(Fault fault) {
    PageTables tables = fault.mm().tables();
    int table = tables.allocateFrame();
    int zero = kernel.hugeZero().get(fault.mm());
    if (zero == 0) {
      tables.releaseFrame(table);
      kernel.events().count(VmEvent.THP_FAULT_FALLBACK);
      return Outcome.FALLBACK;
    }
    PageTableCursor pmd = lockPmd(fault);
    boolean empty = Pte.isNone(pmd.entry());
    if (empty) {
      pmd.deposit(table);
      pmd.set(Pte.present(zero, Pte.LEAF | Pte.SPECIAL | Pte.YOUNG));
      kernel.events().count(VmEvent.FAULT_HUGE_ZERO_PAGE);
    }
    pmd.unlock();
    if (!empty) {
      tables.releaseFrame(table);
    }
    return Outcome.DONE;
  }

  /** A cleared huge folio, or 0 with the fallback counted. */
  private int allocate(Fault fault) {
    int folio = folios.allocate(ORDER, kernel.thpOrders().gfp(fault.vma()));
    if (folio == 0) {
      kernel.events().count(VmEvent.THP_FAULT_FALLBACK);
      kernel.thpStats().count(ORDER, ThpStat.ANON_FAULT_FALLBACK);
      return 0;
    }
    kernel.contents().clear(folio, PAGES);
    return folio;
  }

  private Outcome mapNew(Fault fault, int folio) {
    PageTables tables = fault.mm().tables();
    int table = allocateTable(tables, folio);
    PageTableCursor pmd = lockPmd(fault);
    boolean empty =
        Pte.isNone(pmd.entry()) || kernel.mutations().has(Mutation.NO_RECHECK_AFTER_FAULT_LOCK);
    if (empty) {
      mapLocked(fault.vma(), fault.hugeAddress(), pmd, folio);
      pmd.deposit(table);
      fault.mm().addRss(RssKind.ANON, PAGES);
    }
    pmd.unlock();
    if (!empty) {
      tables.releaseFrame(table);
      folios.put(folio);
    }
    return Outcome.DONE;
  }

  private int allocateTable(PageTables tables, int folio) {
    try {
      return tables.allocateFrame();
    } catch (MemoryException outOfMemory) {
      folios.put(folio);
      throw outOfMemory;
    }
  }

  private static PageTableCursor lockPmd(Fault fault) {
    PageTableCursor pmd = fault.cursor();
    if (!pmd.lockPmd(fault.address())) {
      throw new IllegalStateException("a PMD table went while its VMA was locked");
    }
    return pmd;
  }

  private void mapLocked(Vma vma, long hugeAddress, PageTableCursor pmd, int folio) {
    kernel.mapCounts().addNewAnon(folio, vma, hugeAddress, true);
    folios.addToLru(folio, vma);
    // Dirty from the start, even where nobody may write.
    long bits = Pte.LEAF | Pte.YOUNG | Pte.DIRTY | Pte.SOFT_DIRTY;
    pmd.set(Pte.present(folio, bits | FaultHandler.writeBits(vma)));
    kernel.events().count(VmEvent.THP_FAULT_ALLOC);
    kernel.thpStats().count(ORDER, ThpStat.ANON_FAULT_ALLOC);
    kernel.deferred().add(folio, false);
  }

  /** A write to a huge page that is mapped as it needs: marks the entry. */
  void markWritten(Fault fault, long entry) {
    PageTableCursor pmd = fault.cursor();
    if (!pmd.lockPmd(fault.address())) {
      return;
    }
    if (FaultHandler.samePlace(pmd.entry(), entry)) {
      long _ = pmd.update(0, Pte.YOUNG | Pte.DIRTY);
    }
    pmd.unlock();
  }

  /**
   * A write to a huge page mapped read-only, or a pin of one that may be shared: reused when nobody
   * else has it, else split so that the small page can be copied; the huge zero page is replaced as
   * a whole.
   */
  Outcome copyOnWrite(Fault fault, long entry) {
    if (!preparation.prepare(fault)) {
      return Outcome.RETRY;
    }
    if (Pte.isSpecial(entry)) {
      return replaceHugeZero(fault, entry);
    }
    if (!FaultHandler.isCopyOnWrite(fault.vma())) {
      return splitForFallback(fault);
    }
    PageTableCursor pmd = fault.cursor();
    if (!pmd.lockPmd(fault.address())) {
      return Outcome.DONE;
    }
    if (!FaultHandler.samePlace(pmd.entry(), entry)) {
      pmd.unlock();
      return Outcome.DONE;
    }
    return reuseOrSplit(fault, pmd, entry);
  }

  private Outcome reuseOrSplit(Fault fault, PageTableCursor pmd, long entry) {
    int folio = Pte.pfn(entry);
    if (kernel.mapCounts().mayWrite(folio)) {
      reuse(fault, pmd);
      pmd.unlock();
      return Outcome.DONE;
    }
    if (!folios.tryLock(folio)) {
      return waitForFolioLock(pmd, folio);
    }
    boolean only = memMap.refCount(folio) == 1;
    if (only) {
      kernel.mapCounts().moveAnon(folio, fault.vma());
      kernel.mapCounts().setExclusive(folio);
      reuse(fault, pmd);
    }
    pmd.unlock();
    folios.unlock(folio);
    return only ? Outcome.DONE : splitForFallback(fault);
  }

  /** Somebody works on the folio: wait, and let the access fault again. */
  private Outcome waitForFolioLock(PageTableCursor pmd, int folio) {
    folios.get(folio);
    pmd.unlock();
    folios.awaitUnlocked(folio);
    folios.put(folio);
    return Outcome.DONE;
  }

  private static void reuse(Fault fault, PageTableCursor pmd) {
    if (!fault.unshare()) {
      long _ = pmd.update(0, Pte.YOUNG | FaultHandler.writeBits(fault.vma()));
    }
  }

  private Outcome splitForFallback(Fault fault) {
    kernel.pmdSplit().split(fault.vma(), fault.hugeAddress());
    return Outcome.FALLBACK;
  }

  private Outcome replaceHugeZero(Fault fault, long entry) {
    int folio = allocate(fault);
    if (folio == 0) {
      return splitForFallback(fault);
    }
    MmuNotifiers notifiers = fault.mm().notifiers();
    long huge = fault.hugeAddress();
    InvalidateRange told = notifiers.start(InvalidateEvent.CLEAR, huge, huge + PageTables.PMD_SIZE);
    boolean replaced = lockAndReplace(fault, entry, folio);
    notifiers.end(told);
    if (!replaced) {
      folios.put(folio);
    }
    return Outcome.DONE;
  }

  /** False when something else stands there by now. */
  private boolean lockAndReplace(Fault fault, long entry, int folio) {
    PageTableCursor pmd = fault.cursor();
    if (!pmd.lockPmd(fault.address())) {
      return false;
    }
    boolean same = FaultHandler.samePlace(pmd.entry(), entry);
    if (same) {
      long huge = fault.hugeAddress();
      long _ = pmd.getAndClear();
      kernel.translations().flush();
      fault.mm().notifiers().invalidateSecondaryTlbs(huge, huge + PageTables.PMD_SIZE);
      mapLocked(fault.vma(), huge, pmd, folio);
      fault.mm().addRss(RssKind.ANON, PAGES);
    }
    pmd.unlock();
    return same;
  }
}
