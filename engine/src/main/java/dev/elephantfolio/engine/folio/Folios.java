package dev.elephantfolio.engine.folio;

import dev.elephantfolio.engine.frame.FolioFlags;
import dev.elephantfolio.engine.frame.GfpFlags;
import dev.elephantfolio.engine.frame.MemMap;
import dev.elephantfolio.engine.frame.PageAllocator;
import dev.elephantfolio.engine.mm.VmFlags;
import dev.elephantfolio.engine.mm.Vma;
import dev.elephantfolio.engine.stat.NodeStat;
import dev.elephantfolio.engine.stat.NodeStats;
import dev.elephantfolio.engine.stat.ThpStat;
import dev.elephantfolio.engine.stat.ThpStats;
import dev.elephantfolio.engine.stat.VmEvents;
import dev.elephantfolio.engine.sync.Cpus;
import dev.elephantfolio.engine.sync.LockOrder;
import dev.elephantfolio.engine.sync.LockRank;
import dev.elephantfolio.engine.sync.WaitTable;

/**
 * The life of folios: taken from the allocator, referenced, locked, and freed with the last
 * reference.
 *
 * <pre>
 *  refCount | means                                  | moved by
 *  ---------+----------------------------------------+--------------------------------------
 *  0        | free, or frozen by a split or collapse | allocate, unfreeze
 *  n        | n mappings, caches, pins and users     | get, tryGet, put; freeze when all known
 * </pre>
 *
 * The folio lock (flag LOCKED) keeps a folio from being split, migrated or truncated. Any thread
 * may call anything here.
 */
public final class Folios {
  /**
   * So many folios leave the LRU lists under one hold of their lock, as they come to them. It is
   * not fair: between two holds there must be work enough for a waiter to see it free.
   */
  private static final int PASS = FolioBatch.SIZE;

  private final MemMap memMap;
  private final PageAllocator pages;
  private final LruLists lru;
  private final DeferredSplitQueue deferred;
  private final NodeStats stats;
  private final ThpStats thpStats;
  private final WaitTable waiters = new WaitTable();

  public Folios(
      MemMap memMap,
      PageAllocator pages,
      DeferredSplitQueue deferred,
      Cpus cpus,
      NodeStats stats,
      ThpStats thpStats,
      VmEvents events) {
    this.memMap = memMap;
    this.pages = pages;
    this.deferred = deferred;
    this.stats = stats;
    this.thpStats = thpStats;
    this.lru = new LruLists(memMap, cpus, stats, events, this::put);
  }

  public LruLists lru() {
    return lru;
  }

  /** A movable folio of {@code order} with one reference; 0 when memory does not allow it. */
  public int allocate(int order, int gfp) {
    return pages.allocate(order, gfp | GfpFlags.MOVABLE);
  }

  public void get(int head) {
    memMap.get(head, 1);
  }

  /** Adds {@code references} to a folio that the caller already refers to. */
  public void get(int head, int references) {
    if (references > 0) {
      memMap.get(head, references);
    }
  }

  /** A reference to a folio that may be free by now; false when it is. */
  public boolean tryGet(int head) {
    return memMap.tryGet(head);
  }

  public void put(int head) {
    put(head, 1);
  }

  /** Drops references; the last one frees the folio. */
  public void put(int head, int references) {
    if (memMap.put(head, references) == 0) {
      free(head);
    }
  }

  /**
   * Drops {@code references[i]} references of {@code heads[i]} for the first {@code count}. What is
   * freed is freed together, so this is the cheap way to drop many. Overwrites {@code heads}.
   */
  public void putAll(int[] heads, int[] references, int count) {
    if (count == 0) {
      return;
    }
    LruRuns freed = new LruRuns(memMap, Math.min(count, PASS));
    int small = 0;
    for (int from = 0; from < count; from += PASS) {
      small = putPass(heads, references, from, Math.min(count, from + PASS), small, freed);
    }
    pages.freeAll(heads, small);
  }

  /**
   * Puts those of from..to-1, and gathers the small ones that are to be freed in {@code heads},
   * from {@code first} on; returns where they end.
   */
  private int putPass(int[] heads, int[] references, int from, int to, int first, LruRuns freed) {
    int end = first;
    for (int i = from; i < to; i++) {
      int head = heads[i];
      if (memMap.put(head, references[i]) == 0) {
        if (memMap.isLarge(head)) {
          free(head);
        } else {
          lru.gatherFreed(head, freed);
          heads[end++] = head;
        }
      }
    }
    lru.removeFreed(freed);
    for (int i = first; i < end; i++) {
      if (memMap.testFlag(heads[i], FolioFlags.MLOCKED)) {
        clearMlocked(heads[i], 0);
      }
    }
    return end;
  }

  private void free(int head) {
    int order = memMap.order(head);
    if (memMap.testFlag(head, FolioFlags.LRU)) {
      lru.removeFreed(head);
    }
    if (order > 0) {
      boolean _ = deferred.remove(head);
      if (memMap.testFlag(head, FolioFlags.ANON)) {
        thpStats.add(order, ThpStat.NR_ANON, -1);
      }
    }
    if (memMap.testFlag(head, FolioFlags.MLOCKED)) {
      clearMlocked(head, order);
    }
    memMap.setMapping(head, 0);
    pages.free(head, order);
  }

  private void clearMlocked(int head, int order) {
    memMap.clearFlag(head, FolioFlags.MLOCKED);
    stats.add(NodeStat.NR_MLOCK, -(1L << order));
  }

  /**
   * Puts a new folio that {@code vma} maps on its LRU list; in a locked area it is mlocked at once.
   */
  public void addToLru(int head, Vma vma) {
    if (vma.has(VmFlags.LOCKED) && !vma.has(VmFlags.SPECIAL)) {
      lru.mlocks().mlockNew(head);
    } else {
      lru.add(head);
    }
  }

  /**
   * Marks a folio that an mlocked VMA maps as a whole: it becomes unevictable. Counted as often as
   * this is called for it, as far as Linux keeps that count.
   */
  public void mlock(int head) {
    lru.mlocks().mlock(head);
  }

  /** Takes one mark off; with the last known one the folio is evictable again. */
  public void munlock(int head) {
    lru.mlocks().munlock(head);
  }

  /** Takes the folio lock if nobody has it. */
  public boolean tryLock(int head) {
    if (memMap.testAndSetFlag(head, FolioFlags.LOCKED)) {
      return false;
    }
    LockOrder.locked(LockRank.FOLIO_LOCK, memMap, Integer.toUnsignedLong(head), true);
    return true;
  }

  /** Takes the folio lock. The caller holds a reference. */
  public void lock(int head) {
    LockOrder.beforeLock(LockRank.FOLIO_LOCK, memMap, Integer.toUnsignedLong(head), false);
    if (!tryLock(head)) {
      waiters.await(head, () -> tryLock(head));
    }
  }

  /**
   * After a split: the lock of {@code head} is now that of {@code kept}, its part, and all other
   * parts are unlocked by the caller of this.
   */
  void inheritLock(int head, int kept) {
    LockOrder.unlocking(memMap, Integer.toUnsignedLong(head));
    LockOrder.locked(LockRank.FOLIO_LOCK, memMap, Integer.toUnsignedLong(kept), true);
  }

  public void unlock(int head) {
    LockOrder.unlocking(memMap, Integer.toUnsignedLong(head));
    memMap.clearFlag(head, FolioFlags.LOCKED);
    waiters.wake(head);
  }

  /**
   * Waits until nobody holds the folio lock; used where a migration entry was met. Needs no
   * reference, which would keep the holder from its work: the frame may be another folio's by now,
   * and then some lock or other is waited for.
   */
  public void awaitUnlocked(int head) {
    if (memMap.testFlag(head, FolioFlags.LOCKED)) {
      waiters.await(head, () -> !memMap.testFlag(head, FolioFlags.LOCKED));
    }
  }

  /** Unlocks a part of a split folio whose lock came with {@link #inheritLock}. */
  void unlockPart(int part) {
    memMap.clearFlag(part, FolioFlags.LOCKED);
    waiters.wake(part);
  }
}
