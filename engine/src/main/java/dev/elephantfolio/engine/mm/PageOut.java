package dev.elephantfolio.engine.mm;

import dev.elephantfolio.engine.Kernel;
import dev.elephantfolio.engine.folio.FolioSplit;
import dev.elephantfolio.engine.folio.Folios;
import dev.elephantfolio.engine.folio.MapCounts;
import dev.elephantfolio.engine.frame.FolioFlags;
import dev.elephantfolio.engine.frame.MemMap;
import dev.elephantfolio.engine.stat.ThpStat;
import dev.elephantfolio.engine.stat.ThpStats;
import dev.elephantfolio.engine.stat.VmEvent;
import dev.elephantfolio.engine.stat.VmEvents;

/**
 * What is done with folios that MADV_PAGEOUT wants reclaimed, on a machine without swap.
 *
 * <pre>
 *  the folio is           | what becomes of it
 *  -----------------------+----------------------------------------------------------
 *  lazily freed, clean    | unmapped and freed
 *  lazily freed, dirtied  | kept: SWAPBACKED again, and active
 *  anonymous, small       | there is no swap slot for it: active
 *  anonymous, large       | split to pages in the hope of single slots; then the same
 *  shared memory          | unmapped; dropped when it was never written, else active
 *  a file's               | active (the plain page cache keeps its pages)
 *  mlocked                | back where it was
 *  locked by others       | back where it was
 * </pre>
 *
 * Behaviour: reclaim_pages and shrink_folio_list, mm/vmscan.c of 6.18.
 */
final class PageOut {
  private static final int PMD_ORDER = 9;

  private final MemMap memMap;
  private final Folios folios;
  private final MapCounts mapCounts;
  private final FolioSplit folioSplit;
  private final LazyFreeDiscard discard;
  private final SharedPageUnmap sharedUnmap;
  private final VmEvents events;
  private final ThpStats thpStats;

  PageOut(Kernel kernel) {
    this.memMap = kernel.memMap();
    this.folios = kernel.folios();
    this.mapCounts = kernel.mapCounts();
    this.folioSplit = kernel.folioSplit();
    this.discard = new LazyFreeDiscard(kernel);
    this.sharedUnmap = new SharedPageUnmap(kernel);
    this.events = kernel.events();
    this.thpStats = kernel.thpStats();
  }

  /** Folios of one area taken off the LRU under one PMD entry, with a reference each. */
  final class Isolated {
    private final Vma vma;
    private final int[] heads = new int[1 << PMD_ORDER];
    private final long[] addresses = new long[1 << PMD_ORDER];
    private int count;

    Isolated(Vma vma) {
      this.vma = vma;
    }

    /**
     * Takes {@code head} along, if it is on the LRU and may be reclaimed. What may not goes back,
     * by a batch, in which its count of mlocks is lost.
     */
    void add(int head, long address) {
      if (!folios.lru().isolate(head)) {
        return;
      }
      if (memMap.testFlag(head, FolioFlags.UNEVICTABLE)) {
        folios.lru().add(head);
        return;
      }
      folios.get(head);
      addresses[count] = address;
      heads[count++] = head;
    }

    /** Reclaims what was taken along, and drops the references. No lock may be held. */
    void reclaim() {
      for (int i = 0; i < count; i++) {
        memMap.clearFlag(heads[i], FolioFlags.ACTIVE);
        PageOut.this.reclaim(heads[i], vma, addresses[i]);
      }
      count = 0;
    }
  }

  private void reclaim(int head, Vma vma, long address) {
    if (!folios.tryLock(head)) {
      putBack(head);
    } else if (memMap.testFlag(head, FolioFlags.MLOCKED)) {
      unlockAndPutBack(head);
    } else if (!memMap.testFlag(head, FolioFlags.ANON)) {
      reclaimShared(head, vma, address);
    } else if (!memMap.testFlag(head, FolioFlags.SWAPBACKED)) {
      reclaimLazyFree(head);
    } else if (mapCounts.maybeDmaPinned(head)) {
      unlockAndPutBack(head);
    } else if (memMap.isLarge(head)) {
      splitAndActivate(head);
    } else {
      activate(head);
    }
  }

  private void reclaimShared(int head, Vma vma, long address) {
    boolean unmapped = vma.file() != null && sharedUnmap.unmap(vma, head, address);
    if (!unmapped || memMap.testFlag(head, FolioFlags.DIRTY)) {
      activate(head);
    } else {
      // Nobody has written it: it is as good as one that is made anew.
      sharedUnmap.drop(vma, head, address);
      unlockAndPutBack(head);
    }
  }

  private void reclaimLazyFree(int head) {
    if (!discard.unmap(head)) {
      activate(head);
      return;
    }
    if (memMap.refCount(head) != 1) {
      unlockAndPutBack(head);
      return;
    }
    events.count(VmEvent.PGLAZYFREED, memMap.pages(head));
    folios.unlock(head);
    folios.put(head);
  }

  /** The parts inherit ACTIVE; they go to the list that the whole folio goes back to. */
  private void splitAndActivate(int head) {
    int order = memMap.order(head);
    boolean busy = mapCounts.folioMapCount(head) != memMap.refCount(head) - 1;
    boolean partlyMapped =
        memMap.testFlag(head, FolioFlags.PARTIALLY_MAPPED)
            && memMap.testFlag(head, FolioFlags.DEFERRED);
    memMap.setFlag(head, FolioFlags.ACTIVE);
    folios.lru().putBack(head);
    boolean split = !busy && folioSplit.split(head, 0, head).isEmpty();
    if (split && !partlyMapped) {
      countFallback(order);
    }
    folios.unlock(head);
    folios.put(head);
  }

  private void countFallback(int order) {
    if (order >= PMD_ORDER) {
      events.count(VmEvent.THP_SWPOUT_FALLBACK);
    }
    thpStats.count(order, ThpStat.SWPOUT_FALLBACK);
  }

  private void activate(int head) {
    memMap.setFlag(head, FolioFlags.ACTIVE);
    unlockAndPutBack(head);
  }

  private void unlockAndPutBack(int head) {
    folios.unlock(head);
    putBack(head);
  }

  private void putBack(int head) {
    folios.lru().add(head);
    folios.put(head);
  }
}
