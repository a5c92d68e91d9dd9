package dev.elephantfolio.engine.stat;

import dev.elephantfolio.engine.folio.MapCounts;
import dev.elephantfolio.engine.frame.FolioFlags;
import dev.elephantfolio.engine.frame.MemMap;
import dev.elephantfolio.engine.mm.AddressSpace;
import dev.elephantfolio.engine.pagetable.PageTables;
import dev.elephantfolio.engine.pagetable.Pte;

/** Reads page by page what a process maps. Any thread may; an entry is of one moment. */
public final class Pagemap {
  private final MemMap memMap;
  private final MapCounts mapCounts;

  public Pagemap(MemMap memMap, MapCounts mapCounts) {
    this.memMap = memMap;
    this.mapCounts = mapCounts;
  }

  /** The page at byte address {@code address}. */
  public PagemapEntry entry(AddressSpace mm, long address) {
    long entry = mm.tables().load(address);
    if (Pte.isPresent(entry)) {
      return present(entry, address);
    }
    if (Pte.isNone(entry)) {
      return PagemapEntry.NONE;
    }
    boolean guard = Pte.isGuard(entry);
    return new PagemapEntry(false, true, false, guard, false, 0, 0, 0, 0, Pte.isLeaf(entry), false);
  }

  private PagemapEntry present(long entry, long address) {
    boolean pmd = Pte.isLeaf(entry);
    int within = pmd ? (int) (address >>> PageTables.PAGE_SHIFT) & 511 : 0;
    int pfn = Pte.pfn(entry) + within;
    if (Pte.isSpecial(entry)) {
      int order = pmd ? 9 : 0;
      return new PagemapEntry(
          true, false, false, false, pmd, pfn, 0, pfn - within, order, pmd, true);
    }
    int head = memMap.head(pfn);
    int times = mapCounts.pageMapCount(pfn);
    boolean exclusive = pmd ? mapCounts.pageMapCount(head) == 1 : times == 1;
    boolean file = !memMap.testFlag(head, FolioFlags.ANON);
    int order = memMap.order(head);
    return new PagemapEntry(
        true, false, exclusive, false, file, pfn, times, head, order, pmd, false);
  }
}
