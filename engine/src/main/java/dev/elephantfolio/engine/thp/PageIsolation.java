package dev.elephantfolio.engine.thp;

import dev.elephantfolio.engine.Kernel;
import dev.elephantfolio.engine.folio.Folios;
import dev.elephantfolio.engine.folio.GatheredPuts;
import dev.elephantfolio.engine.folio.MapCounts;
import dev.elephantfolio.engine.frame.MemMap;
import dev.elephantfolio.engine.mm.VmFlags;
import dev.elephantfolio.engine.mm.Vma;
import dev.elephantfolio.engine.pagetable.PageTable;
import dev.elephantfolio.engine.pagetable.PageTables;
import dev.elephantfolio.engine.pagetable.Pte;
import dev.elephantfolio.engine.stat.VmEvent;
import dev.elephantfolio.engine.stat.VmEvents;
import java.util.Arrays;

/**
 * The pages of one table while they are collapsed: locked, taken off the LRU, and with no reference
 * but their mappings.
 *
 * <p>The table was taken out of the tree, so its mappings, and with them a reference to every small
 * page, stay as long as this lasts. Of a large folio one more reference is held, because its last
 * mapping may be in this table.
 *
 * <pre>
 *  new ──isolate──▶ failed   (nothing is held any more)
 *        │
 *        └────────▶ held ──release──▶ mapped as before
 *                   │
 *                   └────drop───────▶ unmapped from this table; freed unless others map it
 * </pre>
 *
 * Used by one thread. Behaviour: __collapse_huge_page_isolate and
 * __collapse_huge_page_copy_succeeded, mm/khugepaged.c of 6.18.
 */
final class PageIsolation {
  private static final int PTES = PageTable.ENTRIES;

  private final MemMap memMap;
  private final Folios folios;
  private final MapCounts mapCounts;
  private final VmEvents events;
  private final Vma vma;
  private final long hugeAddress;
  private final PageTable table;
  private final CollapseLimits limits;

  /** The large folios held, each once. */
  private int[] large = new int[4];

  private int largeCount;

  /** Small pages let go of since the last one that goes back to a list. */
  private int forgotten;

  private int none;
  private int shared;
  private int referenced;
  private ScanResult result = ScanResult.FAIL;

  /**
   * @param table hangs nowhere any more; nobody else can reach its entries
   */
  PageIsolation(Kernel kernel, Vma vma, long hugeAddress, PageTable table, CollapseLimits limits) {
    this.memMap = kernel.memMap();
    this.folios = kernel.folios();
    this.mapCounts = kernel.mapCounts();
    this.events = kernel.events();
    this.vma = vma;
    this.hugeAddress = hugeAddress;
    this.table = table;
    this.limits = limits;
  }

  /** Takes hold of every page of the table, or of none when one of them does not allow it. */
  ScanResult isolate() {
    result = ScanResult.SUCCEED;
    int i = 0;
    while (i < PTES && result == ScanResult.SUCCEED) {
      result = isolateEntry(table.entry(i), hugeAddress + ((long) i << PageTables.PAGE_SHIFT));
      i += result == ScanResult.SUCCEED ? 1 : 0;
    }
    if (result == ScanResult.SUCCEED && limits.byKhugepaged() && referenced == 0) {
      result = ScanResult.LACK_REFERENCED_PAGE;
    }
    if (result != ScanResult.SUCCEED) {
      release(i);
    }
    return result;
  }

  /** What {@link #isolate} said. */
  ScanResult result() {
    return result;
  }

  PageTable table() {
    return table;
  }

  private ScanResult isolateEntry(long entry, long address) {
    if (Pte.isNone(entry) || Pte.isSpecial(entry)) {
      if (++none > limits.none()) {
        events.count(VmEvent.THP_SCAN_EXCEED_NONE_PTE);
        return ScanResult.EXCEED_NONE_PTE;
      }
      return ScanResult.SUCCEED;
    }
    if (!Pte.isPresent(entry)) {
      return ScanResult.PTE_NON_PRESENT;
    }
    return isolatePage(entry, address);
  }

  private ScanResult isolatePage(long entry, long address) {
    int folio = memMap.head(Pte.pfn(entry));
    if (mapCounts.maybeMappedShared(folio) && ++shared > limits.shared()) {
      events.count(VmEvent.THP_SCAN_EXCEED_SHARE_PTE);
      return ScanResult.EXCEED_SHARED_PTE;
    }
    boolean isLarge = memMap.isLarge(folio);
    if (!isLarge || !holdsLarge(folio)) {
      ScanResult taken = isolateFolio(folio, isLarge);
      if (taken != ScanResult.SUCCEED) {
        return taken;
      }
    }
    if (limits.byKhugepaged()
        && CollapseScan.isReferenced(memMap, entry, folio, vma.mm(), address)) {
      referenced++;
    }
    return ScanResult.SUCCEED;
  }

  private boolean holdsLarge(int folio) {
    // The newest first: the pages of a folio mostly stand side by side.
    for (int i = largeCount - 1; i >= 0; i--) {
      if (large[i] == folio) {
        return true;
      }
    }
    return false;
  }

  private ScanResult isolateFolio(int folio, boolean isLarge) {
    if (!folios.tryLock(folio)) {
      return ScanResult.PAGE_LOCK;
    }
    if (!CollapseScan.onlyMapped(memMap, mapCounts, folio)) {
      folios.unlock(folio);
      return ScanResult.PAGE_COUNT;
    }
    if (!folios.lru().isolate(folio)) {
      folios.unlock(folio);
      return ScanResult.DEL_PAGE_LRU;
    }
    if (isLarge) {
      holdLarge(folio);
    }
    return ScanResult.SUCCEED;
  }

  private void holdLarge(int folio) {
    folios.get(folio);
    if (largeCount == large.length) {
      large = Arrays.copyOf(large, largeCount * 2);
    }
    large[largeCount++] = folio;
  }

  /** Lets go of the pages behind the first {@code entries} entries; all stay mapped. */
  private void release(int entries) {
    for (int i = 0; i < entries; i++) {
      long entry = table.entry(i);
      if (isPage(entry)) {
        int folio = memMap.head(Pte.pfn(entry));
        if (!memMap.isLarge(folio)) {
          putBack(folio);
        }
      }
    }
    releaseLarge();
  }

  private void releaseLarge() {
    for (int i = 0; i < largeCount; i++) {
      putBack(large[i]);
      folios.put(large[i]);
    }
    largeCount = 0;
  }

  /** As {@link #putBack}; what only this table still refers to need not see a list again. */
  private void letGo(int folio) {
    if (memMap.refCount(folio) > 1 || vma.has(VmFlags.LOCKED)) {
      tellForgotten();
      putBack(folio);
    } else {
      folios.unlock(folio);
      forgotten++;
    }
  }

  /** In their turn, and all together. */
  private void tellForgotten() {
    if (forgotten > 0) {
      folios.lru().addForgotten(forgotten);
      forgotten = 0;
    }
  }

  /** By way of a batch: until that is drained the folio is on no list, which others may notice. */
  private void putBack(int folio) {
    folios.unlock(folio);
    folios.lru().add(folio);
  }

  static boolean isPage(long entry) {
    return Pte.isPresent(entry) && !Pte.isSpecial(entry);
  }

  /** Entries that no page of memory stood behind. */
  int noneCount() {
    return none;
  }

  /** After the copy: takes all mappings away and lets go of the pages, all at the end. */
  void drop() {
    GatheredPuts puts = new GatheredPuts(folios);
    int unmapped = 0;
    int i = 0;
    while (i < PTES) {
      int run = 1;
      long entry = table.entry(i);
      if (isPage(entry)) {
        int page = Pte.pfn(entry);
        int folio = memMap.head(page);
        run = run(i, folio);
        unmapped += unmap(folio, page, run);
        puts.add(folio, run);
      }
      i += run;
    }
    mapCounts.tellUnmapped(true, unmapped);
    tellForgotten();
    puts.put();
    releaseLarge();
  }

  /** How many of the pages nobody maps any more. */
  private int unmap(int folio, int page, int pages) {
    if (!memMap.isLarge(folio)) {
      letGo(folio);
    }
    return mapCounts.removePtesUntold(folio, page, pages, vma);
  }

  /** How many entries from {@code index} on map consecutive pages of {@code folio}. */
  private int run(int index, int folio) {
    int page = Pte.pfn(table.entry(index));
    int end = Math.min(PTES, index + folio + (1 << memMap.order(folio)) - page);
    int at = index + 1;
    while (at < end && continues(table.entry(at), page + at - index)) {
      at++;
    }
    return at - index;
  }

  private static boolean continues(long entry, int page) {
    return isPage(entry) && Pte.pfn(entry) == page;
  }
}
