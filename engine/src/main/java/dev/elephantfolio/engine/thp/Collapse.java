package dev.elephantfolio.engine.thp;

import dev.elephantfolio.engine.Kernel;
import dev.elephantfolio.engine.folio.Folios;
import dev.elephantfolio.engine.frame.Contents;
import dev.elephantfolio.engine.frame.FolioFlags;
import dev.elephantfolio.engine.mm.AddressSpace;
import dev.elephantfolio.engine.mm.MmFlags;
import dev.elephantfolio.engine.mm.RssKind;
import dev.elephantfolio.engine.mm.VmFlags;
import dev.elephantfolio.engine.mm.Vma;
import dev.elephantfolio.engine.notifier.InvalidateEvent;
import dev.elephantfolio.engine.notifier.InvalidateRange;
import dev.elephantfolio.engine.notifier.MmuNotifiers;
import dev.elephantfolio.engine.pagetable.PageTable;
import dev.elephantfolio.engine.pagetable.PageTableCursor;
import dev.elephantfolio.engine.pagetable.PageTables;
import dev.elephantfolio.engine.pagetable.Pte;
import dev.elephantfolio.engine.rmap.AnonVma;
import dev.elephantfolio.engine.stat.VmEvent;
import dev.elephantfolio.engine.sync.Mutation;

/**
 * Replaces the small pages of a 2 MiB place of one process by a huge page with a copy of them.
 * Pages that other processes map stay theirs.
 *
 * <pre>
 *   mmap_lock  ..R R..........W W W W W W W W W W......
 *   anon_vma   . . . . . . . . .W W W . . . . . . . . .
 *   PMD         T  T            T ─ ─ ─ ─ ─ ─ ─ H        T table, ─ none, H huge
 *              allocate  swap in  detach  isolate  copy  drop  map
 * </pre>
 *
 * While the PMD is none nobody can reach the pages through this process: faults wait for the area's
 * lock, reverse-map walks for the anon_vma or the folio locks, and accesses that used the table
 * before are over when the flush returns.
 *
 * <p>Behaviour: collapse_huge_page, mm/khugepaged.c of 6.18.
 */
final class Collapse {
  private static final int PTES = PageTable.ENTRIES;

  private final Kernel kernel;
  private final Folios folios;
  private final Contents contents;
  private final ThpOrders orders;
  private final SwapIn swapIn;

  Collapse(Kernel kernel, SwapIn swapIn) {
    this.kernel = kernel;
    this.folios = kernel.folios();
    this.contents = kernel.contents();
    this.orders = kernel.thpOrders();
    this.swapIn = swapIn;
  }

  /**
   * Collapses the place at {@code hugeAddress} if it still can be. Called without mmap_lock, and
   * returns without.
   *
   * @param bringIn whether entries that are not present were seen
   */
  ScanResult collapse(AddressSpace mm, long hugeAddress, boolean bringIn, Purpose purpose) {
    int folio = allocate(purpose);
    if (folio == 0) {
      return ScanResult.ALLOC_HUGE_PAGE_FAIL;
    }
    ScanResult result = prepare(mm, hugeAddress, bringIn, purpose);
    if (result == ScanResult.SUCCEED) {
      mm.mmapWriteLock();
      result = collapseLocked(mm, hugeAddress, purpose, folio);
      mm.mmapWriteUnlock();
    }
    if (result != ScanResult.SUCCEED) {
      folios.put(folio);
    }
    return result;
  }

  private int allocate(Purpose purpose) {
    int folio = folios.allocate(ThpOrders.PMD_ORDER, orders.collapseGfp(purpose));
    kernel
        .events()
        .count(folio == 0 ? VmEvent.THP_COLLAPSE_ALLOC_FAILED : VmEvent.THP_COLLAPSE_ALLOC);
    return folio;
  }

  /** Looks whether the place is still there, and brings in what is not present. */
  private ScanResult prepare(AddressSpace mm, long hugeAddress, boolean bringIn, Purpose purpose) {
    mm.mmapReadLock();
    try {
      ScanResult result = revalidate(mm, hugeAddress, purpose, true);
      if (result == ScanResult.SUCCEED) {
        result = CollapseScan.pmdState(mm, hugeAddress);
      }
      return result == ScanResult.SUCCEED && bringIn ? bringIn(mm, hugeAddress) : result;
    } finally {
      mm.mmapReadUnlock();
    }
  }

  /**
   * Whether the area at {@code hugeAddress} may still be collapsed, after mmap_lock was let go.
   *
   * @param expectAnonymous whether a file's area will not do
   */
  ScanResult revalidate(
      AddressSpace mm, long hugeAddress, Purpose purpose, boolean expectAnonymous) {
    if (isExitingOrDisabled(mm)) {
      return ScanResult.ANY_PROCESS;
    }
    Vma vma = mm.vmas().find(hugeAddress);
    if (vma == null) {
      return ScanResult.VMA_NULL;
    }
    if (!ThpOrders.isSuitable(vma, hugeAddress, ThpOrders.PMD_ORDER)) {
      return ScanResult.ADDRESS_RANGE;
    }
    if (!orders.allowsPmd(vma, vma.flags(), purpose)) {
      return ScanResult.VMA_CHECK;
    }
    boolean anonymous = vma.isAnonymous() && vma.anonVma() != null;
    return anonymous || !expectAnonymous ? ScanResult.SUCCEED : ScanResult.PAGE_ANON;
  }

  static boolean isExitingOrDisabled(AddressSpace mm) {
    return isExiting(mm) || mm.hasFlag(MmFlags.DISABLE_THP_COMPLETELY);
  }

  static boolean isExiting(AddressSpace mm) {
    return mm.users() == 0;
  }

  private ScanResult bringIn(AddressSpace mm, long hugeAddress) {
    Vma vma = mm.vmas().find(hugeAddress);
    if (vma == null) {
      return ScanResult.VMA_NULL;
    }
    int swapped = 0;
    long end = hugeAddress + PageTables.PMD_SIZE;
    for (long address = hugeAddress; address < end; address += PageTables.PAGE_SIZE) {
      PageTable table = mm.tables().pteTable(address);
      if (table == null) {
        return ScanResult.PMD_NULL;
      }
      long entry = table.entry(PageTable.index(address, PageTable.PTE));
      if (!Pte.isNone(entry) && !Pte.isPresent(entry)) {
        if (!bringIn(vma, address, entry)) {
          return ScanResult.FAIL;
        }
        swapped++;
      }
    }
    if (swapped > 0) {
      folios.lru().drainLocal();
    }
    return ScanResult.SUCCEED;
  }

  /** As a fault would; a guard entry cannot be brought in. */
  private boolean bringIn(Vma vma, long address, long entry) {
    if (Pte.isMigration(entry)) {
      folios.awaitUnlocked(kernel.memMap().head(Pte.pfn(entry)));
      return true;
    }
    return Pte.isSwap(entry) && swapIn.swapIn(vma, address);
  }

  private ScanResult collapseLocked(AddressSpace mm, long hugeAddress, Purpose purpose, int folio) {
    ScanResult result = revalidate(mm, hugeAddress, purpose, true);
    Vma vma = mm.vmas().find(hugeAddress);
    AnonVma anonVma = vma == null ? null : vma.anonVma();
    if (result != ScanResult.SUCCEED || vma == null || anonVma == null) {
      return result;
    }
    // First the lock: who zaps under the area's own lock may take the table away.
    vma.writeLock();
    result = CollapseScan.pmdState(mm, hugeAddress);
    if (result != ScanResult.SUCCEED) {
      return result;
    }
    PageIsolation pages = isolate(vma, anonVma, hugeAddress, purpose);
    if (pages.result() != ScanResult.SUCCEED) {
      return pages.result();
    }
    copy(pages.table(), folio);
    pages.drop();
    mm.addRss(RssKind.ANON, pages.noneCount());
    mapHuge(vma, hugeAddress, folio, pages.table());
    return ScanResult.SUCCEED;
  }

  /** Takes the table out of the tree and hold of its pages, or leaves both as they were. */
  private PageIsolation isolate(Vma vma, AnonVma anonVma, long hugeAddress, Purpose purpose) {
    CollapseLimits limits = CollapseLimits.of(purpose, kernel.thp().knobs().khugepaged(), vma);
    anonVma.lock().writeLock();
    PageTable table = detach(vma, hugeAddress);
    PageIsolation pages = new PageIsolation(kernel, vma, hugeAddress, table, limits);
    if (pages.isolate() != ScanResult.SUCCEED) {
      attach(vma, hugeAddress, table);
    }
    anonVma.lock().writeUnlock();
    return pages;
  }

  private PageTable detach(Vma vma, long hugeAddress) {
    MmuNotifiers notifiers = vma.mm().notifiers();
    long end = hugeAddress + PageTables.PMD_SIZE;
    InvalidateRange told = notifiers.start(InvalidateEvent.CLEAR, hugeAddress, end);
    PageTableCursor pmd = lockPmd(vma, hugeAddress);
    PageTable table = pmd.detach();
    if (!kernel.mutations().has(Mutation.NO_FLUSH_BEFORE_COLLAPSE)) {
      kernel.translations().flush();
    }
    notifiers.invalidateSecondaryTlbs(hugeAddress, end);
    pmd.unlock();
    notifiers.end(told);
    return table;
  }

  private static PageTableCursor lockPmd(Vma vma, long hugeAddress) {
    PageTableCursor pmd = new PageTableCursor(vma.mm().tables());
    if (!pmd.lockPmd(hugeAddress)) {
      throw new IllegalStateException("a PMD table went while its VMA was write-locked");
    }
    return pmd;
  }

  private static void attach(Vma vma, long hugeAddress, PageTable table) {
    PageTableCursor pmd = lockPmd(vma, hugeAddress);
    pmd.attach(table);
    pmd.unlock();
  }

  /** Fills the huge page; consecutive pages go at once. */
  private void copy(PageTable table, int folio) {
    contents.clear(folio, PTES);
    int i = 0;
    while (i < PTES) {
      long entry = table.entry(i);
      int run = 1;
      if (PageIsolation.isPage(entry)) {
        run = run(table, i);
        contents.copy(folio + i, Pte.pfn(entry), run);
      }
      i += run;
    }
    kernel.memMap().setFlag(folio, FolioFlags.UPTODATE);
  }

  private static int run(PageTable table, int index) {
    int page = Pte.pfn(table.entry(index));
    int at = index + 1;
    while (at < PTES
        && PageIsolation.isPage(table.entry(at))
        && Pte.pfn(table.entry(at)) == page + at - index) {
      at++;
    }
    return at - index;
  }

  private void mapHuge(Vma vma, long hugeAddress, int folio, PageTable table) {
    for (int i = 0; i < PTES; i++) {
      PageTableCursor.fill(table, i, Pte.NONE);
    }
    PageTableCursor pmd = lockPmd(vma, hugeAddress);
    kernel.mapCounts().addNewAnon(folio, vma, hugeAddress, true);
    folios.addToLru(folio, vma);
    pmd.deposit(table.pfn());
    pmd.set(Pte.present(folio, hugeBits(vma.flags())));
    kernel.deferred().add(folio, false);
    pmd.unlock();
  }

  /** The bits of the huge entry: dirty, young, and as the area allows. */
  private static long hugeBits(long vmFlags) {
    long bits = Pte.LEAF | Pte.YOUNG | Pte.DIRTY | Pte.SOFT_DIRTY;
    if (VmFlags.has(vmFlags, VmFlags.WRITE)) {
      bits |= Pte.WRITABLE;
    }
    return VmFlags.isAccessible(vmFlags) ? bits : bits | Pte.PROT_NONE;
  }
}
