package dev.elephantfolio.engine.folio;

import dev.elephantfolio.engine.frame.FolioFlags;
import dev.elephantfolio.engine.frame.MemMap;
import dev.elephantfolio.engine.frame.PageFlag;
import dev.elephantfolio.engine.mm.AddressSpace;
import dev.elephantfolio.engine.mm.RssKind;
import dev.elephantfolio.engine.mm.VmFlags;
import dev.elephantfolio.engine.mm.Vma;
import dev.elephantfolio.engine.rmap.AnonVma;
import dev.elephantfolio.engine.rmap.ReverseMap;
import dev.elephantfolio.engine.stat.NodeStat;
import dev.elephantfolio.engine.stat.NodeStats;
import dev.elephantfolio.engine.stat.ThpStat;
import dev.elephantfolio.engine.stat.ThpStats;
import dev.elephantfolio.engine.sync.Mutation;
import dev.elephantfolio.engine.sync.Mutations;
import java.lang.invoke.VarHandle;

/**
 * How often, and by whom, folios are mapped: the one way to count a mapping.
 *
 * <p>The counts of 6.18, all plain (0 is unmapped):
 *
 * <pre>
 *  mapCount (each page)    | PTEs that map the page; not kept for a page mapped by PMDs only
 *  entireMapCount          | PMDs that map the whole folio
 *  largeMapCount           | both, over the whole folio; changes with the owner slots under the
 *                          | folio's lock ({@link MmIds})
 *  nrPagesMapped           | pages with mapCount &gt; 0, plus ENTIRELY_MAPPED when a PMD maps it
 * </pre>
 *
 * The caller holds the lock of the page table whose entry comes or goes, and a reference for each
 * mapping added. Behaviour: mm/rmap.c of 6.18 with CONFIG_PAGE_MAPCOUNT.
 */
public final class MapCounts {
  private static final int ENTIRELY_MAPPED = 0x80_0000;
  private static final int PAGES_MAPPED = ENTIRELY_MAPPED - 1;
  private static final int PMD_ORDER = 9;
  private static final int NEW_SHARED =
      FolioFlags.ANON | FolioFlags.SWAPBACKED | FolioFlags.UPTODATE;
  private static final int NEW_EXCLUSIVE = NEW_SHARED | PageFlag.ANON_EXCLUSIVE;
  private static final int PMD_PAGES = 1 << PMD_ORDER;

  private final MemMap memMap;
  private final Folios folios;
  private final MmIds mmIds;
  private final DeferredSplitQueue deferred;
  private final NodeStats stats;
  private final ThpStats thpStats;
  private final boolean missesAtFork;
  private final boolean marksCount;

  public MapCounts(
      MemMap memMap,
      Folios folios,
      DeferredSplitQueue deferred,
      NodeStats stats,
      ThpStats thpStats,
      Mutations mutations) {
    this.memMap = memMap;
    this.folios = folios;
    this.mmIds = new MmIds(memMap);
    this.deferred = deferred;
    this.stats = stats;
    this.thpStats = thpStats;
    this.missesAtFork = mutations.has(Mutation.MAPCOUNT_MISSED_AT_FORK);
    this.marksCount = !mutations.has(Mutation.NO_EXCLUSIVE_MARK);
  }

  /**
   * Makes a folio that nobody else knows yet, with its contents in place, anonymous and counts its
   * first mapping: by a PMD when it is of PMD order, else by a PTE for each page.
   *
   * @param address where its first page is mapped
   */
  public void addNewAnon(int head, Vma vma, long address, boolean exclusive) {
    int order = memMap.order(head);
    int pages = 1 << order;
    setAnon(head, vma, address, exclusive);
    if (order == 0) {
      memMap.setMapCountUnshared(head, 1);
    } else if (order >= PMD_ORDER) {
      memMap.addEntireMapCount(head, 1);
      memMap.addNrPagesMapped(head, ENTIRELY_MAPPED);
      mmIds.add(head, 1, vma.mm());
      stats.add(NodeStat.NR_ANON_TRANSPARENT_HUGEPAGES, pages);
      vma.mm().addRss(RssKind.ANON_HUGE, PMD_PAGES);
    } else {
      for (int i = 0; i < pages; i++) {
        memMap.incMapCount(head + i);
      }
      memMap.addNrPagesMapped(head, pages);
      mmIds.add(head, pages, vma.mm());
      markExclusive(head, pages, exclusive);
    }
    stats.add(NodeStat.NR_ANON_PAGES, pages);
    thpStats.add(order, ThpStat.NR_ANON, 1);
  }

  private void markExclusive(int page, int pages, boolean exclusive) {
    if (exclusive) {
      for (int i = 0; i < pages; i++) {
        memMap.setPageFlag(page + i, PageFlag.ANON_EXCLUSIVE);
      }
    }
  }

  /**
   * Points a new folio back at the VMA's anon_vma (its root's, unless exclusive) and sets its
   * flags, with the exclusive mark of its first page, at once: nobody else sets any yet.
   */
  private void setAnon(int head, Vma vma, long address, boolean exclusive) {
    AnonVma anonVma = vma.requireAnonVma();
    long index = vma.pageOffset() + ((address - vma.start()) >>> 12);
    AnonVma owner = exclusive ? anonVma : anonVma.root();
    memMap.setMapping(head, ReverseMap.anonMapping(owner, index));
    memMap.setFlagUnshared(head, exclusive ? NEW_EXCLUSIVE : NEW_SHARED);
  }

  /** The folio now belongs to {@code vma}'s process alone: later faults walk only its VMAs. */
  public void moveAnon(int head, Vma vma) {
    long index = ReverseMap.index(memMap.mapping(head));
    memMap.setMapping(head, ReverseMap.anonMapping(vma.requireAnonVma(), index));
  }

  /** Counts {@code pages} PTEs of {@code vma} that map anonymous pages from {@code page} on. */
  public void addAnonPtes(int head, int page, int pages, Vma vma, boolean exclusive) {
    int fresh = addPtes(head, page, pages, vma.mm());
    stats.add(NodeStat.NR_ANON_PAGES, fresh);
    markExclusive(page, pages, exclusive);
    mlockWhole(head, pages, vma);
  }

  /** Counts {@code pages} PTEs that map pages of a file's folio. */
  public void addFilePtes(int head, int page, int pages, Vma vma) {
    stats.add(NodeStat.NR_MAPPED, addPtes(head, page, pages, vma.mm()));
    mlockWhole(head, pages, vma);
  }

  /**
   * A folio that comes into a locked area as a whole is mlocked. (New folios see to that when they
   * are put on the LRU; an area that is being locked right now, marked IO, does so itself.)
   */
  private void mlockWhole(int head, int pages, Vma vma) {
    if (vma.has(VmFlags.LOCKED) && !vma.has(VmFlags.SPECIAL) && pages == memMap.pages(head)) {
      folios.mlock(head);
    }
  }

  /**
   * A folio of which a mapping leaves a locked area is no longer mlocked for its sake, though the
   * rest may still be mapped there.
   */
  private void munlockPart(int head, Vma vma) {
    if (vma.has(VmFlags.LOCKED)) {
      folios.munlock(head);
    }
  }

  private int addPtes(int head, int page, int pages, AddressSpace mm) {
    int order = memMap.order(head);
    if (order == 0) {
      return memMap.incMapCount(head) == 1 ? 1 : 0;
    }
    if (order >= PMD_ORDER) {
      memMap.expandTails(head);
    }
    int first = 0;
    for (int i = 0; i < pages; i++) {
      if (memMap.incMapCount(page + i) == 1) {
        first++;
      }
    }
    boolean counts = first > 0 && memMap.addNrPagesMapped(head, first) < ENTIRELY_MAPPED;
    mmIds.add(head, pages, mm);
    return counts ? first : 0;
  }

  /** Uncounts {@code pages} PTEs; may put the folio on the deferred-split queue. */
  public void removePtes(int head, int page, int pages, Vma vma) {
    int gone = removePtesUntold(head, page, pages, vma);
    tellUnmapped(memMap.testFlag(head, FolioFlags.ANON), gone);
  }

  /**
   * As {@link #removePtes} without moving the gauges: gives how many pages nobody maps any more,
   * which the caller must {@linkplain #tellUnmapped tell}, of many folios together.
   */
  public int removePtesUntold(int head, int page, int pages, Vma vma) {
    int order = memMap.order(head);
    int gone;
    boolean partial = false;
    if (order == 0) {
      gone = memMap.decMapCount(head) == 0 ? 1 : 0;
    } else {
      mmIds.remove(head, pages, vma.mm());
      int last = 0;
      for (int i = 0; i < pages; i++) {
        if (memMap.decMapCount(page + i) == 0) {
          last++;
        }
      }
      gone = 0;
      if (last > 0 && memMap.addNrPagesMapped(head, -last) < ENTIRELY_MAPPED) {
        gone = last;
        partial = memMap.nrPagesMapped(head) != 0;
      }
    }
    queueIfPartial(head, partial);
    munlockPart(head, vma);
    return gone;
  }

  /** Uncounts a PMD; may put the folio on the deferred-split queue. */
  public void removePmd(int head, Vma vma) {
    mmIds.remove(head, 1, vma.mm());
    vma.mm().addRss(RssKind.ANON_HUGE, -PMD_PAGES);
    int gone = 0;
    boolean partial = false;
    if (memMap.addEntireMapCount(head, -1) == 0) {
      int mapped = memMap.addNrPagesMapped(head, -ENTIRELY_MAPPED);
      if (mapped < ENTIRELY_MAPPED) {
        gone = Math.max(0, PMD_PAGES - (mapped & PAGES_MAPPED));
        partial = gone > 0 && gone < PMD_PAGES;
        stats.add(NodeStat.NR_ANON_TRANSPARENT_HUGEPAGES, -PMD_PAGES);
      }
    }
    queueIfPartial(head, partial);
    tellUnmapped(memMap.testFlag(head, FolioFlags.ANON), gone);
    munlockPart(head, vma);
  }

  private void queueIfPartial(int head, boolean partial) {
    if (partial
        && memMap.testFlag(head, FolioFlags.ANON)
        && !memMap.testFlag(head, FolioFlags.PARTIALLY_MAPPED)) {
      deferred.add(head, true);
    }
  }

  /** Moves the gauge of mapped pages of that kind by those that nobody maps any more. */
  public void tellUnmapped(boolean anon, int pages) {
    if (pages != 0) {
      stats.add(anon ? NodeStat.NR_ANON_PAGES : NodeStat.NR_MAPPED, -pages);
    }
  }

  /**
   * Counts the mappings that fork copies to {@code child}; the pages are no longer exclusive.
   *
   * @param mayBePinned whether the parent ever pinned pages, so that a pin must be looked for
   * @return false when a pinned exclusive page must be copied instead
   */
  public boolean tryDupAnonPtes(
      int head, int page, int pages, AddressSpace child, boolean mayBePinned) {
    boolean pinned = mayBePinned && maybeDmaPinned(head);
    for (int i = 0; i < pages; i++) {
      if (pinned && isExclusive(page + i)) {
        return false;
      }
    }
    for (int i = 0; i < pages; i++) {
      memMap.clearPageFlag(page + i, PageFlag.ANON_EXCLUSIVE);
      memMap.incMapCount(page + i);
    }
    if (memMap.isLarge(head)) {
      mmIds.add(head, pages, child);
    }
    if (missesAtFork && pages > 1) {
      memMap.decMapCount(page + pages - 1);
    }
    return true;
  }

  /** As {@link #tryDupAnonPtes} for a PMD. */
  public boolean tryDupAnonPmd(int head, AddressSpace child, boolean mayBePinned) {
    if (isExclusive(head)) {
      if (mayBePinned && maybeDmaPinned(head)) {
        return false;
      }
      memMap.clearPageFlag(head, PageFlag.ANON_EXCLUSIVE);
    }
    memMap.addEntireMapCount(head, 1);
    mmIds.add(head, 1, child);
    child.addRss(RssKind.ANON_HUGE, PMD_PAGES);
    return true;
  }

  /** Counts the mappings of a file's page that fork copies to {@code child}. */
  public void dupFilePtes(int head, int page, int pages, AddressSpace child) {
    for (int i = 0; i < pages; i++) {
      memMap.incMapCount(page + i);
    }
    if (memMap.isLarge(head)) {
      mmIds.add(head, pages, child);
    }
  }

  /**
   * Takes the exclusive mark off a page about to be unmapped for a while, whose entry lets nobody
   * in any more; false when it is pinned.
   */
  public boolean tryShare(int head, int page) {
    // Against a lock-free pin, which pins first and looks at the entry and the mark then.
    VarHandle.fullFence();
    if (maybeDmaPinned(head)) {
      return false;
    }
    memMap.clearPageFlag(page, PageFlag.ANON_EXCLUSIVE);
    VarHandle.fullFence();
    return true;
  }

  public boolean isExclusive(int page) {
    return memMap.testPageFlag(page, PageFlag.ANON_EXCLUSIVE);
  }

  /** Whether a write may go to the page without a look at who else has references. */
  public boolean mayWrite(int page) {
    return marksCount && isExclusive(page);
  }

  public void setExclusive(int page) {
    memMap.setPageFlag(page, PageFlag.ANON_EXCLUSIVE);
  }

  /** Whether the folio may be pinned for DMA: certain for large folios, a guess for small ones. */
  public boolean maybeDmaPinned(int head) {
    return memMap.isLarge(head)
        ? memMap.pinCount(head) > 0
        : memMap.refCount(head) >= FolioPins.PIN_COUNTING_BIAS;
  }

  /** All mappings of the folio, by PTEs and PMDs. */
  public int folioMapCount(int head) {
    return memMap.isLarge(head) ? memMap.largeMapCount(head) : memMap.mapCount(head);
  }

  public boolean isMapped(int head) {
    return folioMapCount(head) > 0;
  }

  /** Mappings of one page: what {@code /proc/kpagecount} says. */
  public int pageMapCount(int page) {
    int head = memMap.head(page);
    if (!memMap.isLarge(head)) {
      return memMap.mapCount(page);
    }
    return memMap.mapCount(page) + memMap.entireMapCount(head);
  }

  /**
   * Whether the folio may be mapped by more than one address space: exact for small folios and for
   * up to two owners, else possibly a false positive. One mapping is one owner's, even where the
   * owner slots no longer know whose.
   */
  public boolean maybeMappedShared(int head) {
    return folioMapCount(head) > 1
        && (!memMap.isLarge(head) || memMap.testFlag(head, FolioFlags.MAYBE_MAPPED_SHARED));
  }

  /** Whether all references and mappings of a large folio are of one address space. */
  public boolean largeIsExclusiveByCounts(int head) {
    return mmIds.exclusiveByCounts(head);
  }
}
