package dev.elephantfolio.engine.thp;

import dev.elephantfolio.engine.Kernel;
import dev.elephantfolio.engine.folio.MapCounts;
import dev.elephantfolio.engine.frame.FolioFlags;
import dev.elephantfolio.engine.frame.MemMap;
import dev.elephantfolio.engine.mm.AddressSpace;
import dev.elephantfolio.engine.mm.Vma;
import dev.elephantfolio.engine.pagetable.PageTable;
import dev.elephantfolio.engine.pagetable.PageTableCursor;
import dev.elephantfolio.engine.pagetable.PageTables;
import dev.elephantfolio.engine.pagetable.Pte;
import dev.elephantfolio.engine.stat.VmEvent;
import dev.elephantfolio.engine.stat.VmEvents;
import dev.elephantfolio.engine.sync.Mutation;

/**
 * Looks at the 512 entries of one table and says whether they are worth a huge page.
 *
 * <p>Only looks: takes the table's lock, no references. The address space's mmap_lock is held for
 * reading by the caller. What it saw may have changed when the collapse begins, which therefore
 * looks again ({@link PageIsolation}).
 *
 * <p>Behaviour: hpage_collapse_scan_pmd, mm/khugepaged.c of 6.18.
 */
final class CollapseScan {
  private static final int PTES = PageTable.ENTRIES;

  /** What a look at a table found; {@code unmapped} entries must be brought in first. */
  record Finding(ScanResult result, int unmapped) {}

  private final Kernel kernel;
  private final MemMap memMap;
  private final MapCounts mapCounts;
  private final VmEvents events;
  private final boolean offByOne;

  CollapseScan(Kernel kernel) {
    this.kernel = kernel;
    this.memMap = kernel.memMap();
    this.mapCounts = kernel.mapCounts();
    this.events = kernel.events();
    this.offByOne = kernel.mutations().has(Mutation.KHUGEPAGED_LIMIT_OFF_BY_ONE);
  }

  /** Looks at the table at {@code hugeAddress}, a multiple of 2 MiB within {@code vma}. */
  Finding scan(Vma vma, long hugeAddress, Purpose purpose) {
    ScanResult state = pmdState(vma.mm(), hugeAddress);
    if (state != ScanResult.SUCCEED) {
      return new Finding(state, 0);
    }
    PageTableCursor pte = new PageTableCursor(vma.mm().tables());
    if (!pte.lockPte(hugeAddress)) {
      return new Finding(ScanResult.PMD_NULL, 0);
    }
    CollapseLimits limits = CollapseLimits.of(purpose, kernel.thp().knobs().khugepaged(), vma);
    Tally tally = new Tally(offByOne && limits.byKhugepaged() ? limits.lowered() : limits);
    ScanResult result = scanTable(pte, vma.mm(), hugeAddress, tally);
    pte.unlock();
    return new Finding(result, tally.unmapped);
  }

  /** Whether a table of small entries stands at {@code hugeAddress}, without a lock. */
  static ScanResult pmdState(AddressSpace mm, long hugeAddress) {
    PageTable pmd = mm.tables().pmdTable(hugeAddress);
    if (pmd == null) {
      return ScanResult.PMD_NULL;
    }
    long entry = pmd.entry(PageTable.index(hugeAddress, PageTable.PMD));
    if (Pte.isNone(entry)) {
      return ScanResult.PMD_NONE;
    }
    return Pte.isTable(entry) ? ScanResult.SUCCEED : ScanResult.PMD_MAPPED;
  }

  /** What was counted on the way through a table. */
  private static final class Tally {
    final CollapseLimits limits;
    int none;
    int unmapped;
    int shared;
    int referenced;

    Tally(CollapseLimits limits) {
      this.limits = limits;
    }
  }

  private ScanResult scanTable(
      PageTableCursor pte, AddressSpace mm, long hugeAddress, Tally tally) {
    for (int i = 0; i < PTES; i++) {
      long address = hugeAddress + ((long) i << PageTables.PAGE_SHIFT);
      ScanResult result = scanEntry(pte.entryAt(i), mm, address, tally);
      if (result != ScanResult.SUCCEED) {
        return result;
      }
    }
    boolean unused = tally.referenced == 0 || (tally.unmapped > 0 && tally.referenced < PTES / 2);
    return tally.limits.byKhugepaged() && unused
        ? ScanResult.LACK_REFERENCED_PAGE
        : ScanResult.SUCCEED;
  }

  private ScanResult scanEntry(long entry, AddressSpace mm, long address, Tally tally) {
    if (Pte.isNone(entry) || Pte.isSpecial(entry)) {
      return within(
          ++tally.none,
          tally.limits.none(),
          ScanResult.EXCEED_NONE_PTE,
          VmEvent.THP_SCAN_EXCEED_NONE_PTE);
    }
    if (!Pte.isPresent(entry)) {
      return within(
          ++tally.unmapped,
          tally.limits.swap(),
          ScanResult.EXCEED_SWAP_PTE,
          VmEvent.THP_SCAN_EXCEED_SWAP_PTE);
    }
    return scanPage(entry, mm, address, tally);
  }

  private ScanResult within(int count, int limit, ScanResult exceeded, VmEvent event) {
    if (count <= limit) {
      return ScanResult.SUCCEED;
    }
    events.count(event);
    return exceeded;
  }

  private ScanResult scanPage(long entry, AddressSpace mm, long address, Tally tally) {
    int folio = memMap.head(Pte.pfn(entry));
    if (!memMap.testFlag(folio, FolioFlags.ANON)) {
      return ScanResult.PAGE_ANON;
    }
    if (mapCounts.maybeMappedShared(folio)) {
      ScanResult result =
          within(
              ++tally.shared,
              tally.limits.shared(),
              ScanResult.EXCEED_SHARED_PTE,
              VmEvent.THP_SCAN_EXCEED_SHARE_PTE);
      if (result != ScanResult.SUCCEED) {
        return result;
      }
    }
    if (!memMap.testFlag(folio, FolioFlags.LRU)) {
      return ScanResult.PAGE_LRU;
    }
    if (memMap.testFlag(folio, FolioFlags.LOCKED)) {
      return ScanResult.PAGE_LOCK;
    }
    if (!onlyMapped(memMap, mapCounts, folio)) {
      return ScanResult.PAGE_COUNT;
    }
    if (tally.limits.byKhugepaged() && isReferenced(memMap, entry, folio, mm, address)) {
      tally.referenced++;
    }
    return ScanResult.SUCCEED;
  }

  /** Whether every reference to an anonymous folio is a mapping or its place in the swap cache. */
  static boolean onlyMapped(MemMap memMap, MapCounts mapCounts, int folio) {
    int expected = mapCounts.folioMapCount(folio);
    if (memMap.testFlag(folio, FolioFlags.SWAPCACHE)) {
      expected += 1 << memMap.order(folio);
    }
    return memMap.refCount(folio) == expected;
  }

  /** Whether the page was used lately, by the process or through a secondary translation. */
  static boolean isReferenced(MemMap memMap, long entry, int folio, AddressSpace mm, long address) {
    return Pte.isYoung(entry)
        || memMap.testFlag(folio, FolioFlags.REFERENCED)
        || mm.notifiers().testYoung(address);
  }
}
