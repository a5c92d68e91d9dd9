package dev.elephantfolio.engine.folio;

import dev.elephantfolio.engine.frame.FolioFlags;
import dev.elephantfolio.engine.frame.MemMap;
import dev.elephantfolio.engine.stat.ThpStat;
import dev.elephantfolio.engine.stat.ThpStats;
import dev.elephantfolio.engine.stat.VmEvent;
import dev.elephantfolio.engine.stat.VmEvents;
import dev.elephantfolio.engine.sync.LockRank;
import dev.elephantfolio.engine.sync.Mutation;
import dev.elephantfolio.engine.sync.Mutations;
import dev.elephantfolio.engine.sync.SpinLock;

/**
 * Folios that wait for memory pressure to be split: those of which a part is no longer mapped, and
 * all huge ones while underused ones are looked for.
 *
 * <pre>
 *  field            | guarded by
 *  -----------------+------------
 *  first, last      | lock
 *  length           | lock
 *  deferred links, DEFERRED, PARTIALLY_MAPPED of every folio | lock
 * </pre>
 *
 * Behaviour: deferred_split_folio and its queue, mm/huge_memory.c of 6.18.
 */
public final class DeferredSplitQueue {
  private static final int PMD_ORDER = 9;

  private final MemMap memMap;
  private final VmEvents events;
  private final ThpStats thpStats;
  private final boolean asks;
  private final SpinLock lock = new SpinLock(LockRank.DEFERRED_SPLIT);
  private int first;
  private int last;
  private int length;
  private volatile boolean queueUnderused = true;

  public DeferredSplitQueue(
      MemMap memMap, VmEvents events, ThpStats thpStats, Mutations mutations) {
    this.memMap = memMap;
    this.events = events;
    this.thpStats = thpStats;
    this.asks = !mutations.has(Mutation.NO_TRY_GET_FROM_DEFERRED_QUEUE);
  }

  /** The {@code shrink_underused} knob: whether huge folios are queued before any part is gone. */
  public void queueUnderused(boolean on) {
    queueUnderused = on;
  }

  public int length() {
    lock.lock();
    int now = length;
    lock.unlock();
    return now;
  }

  /** Queues {@code head}; with {@code partiallyMapped} also marks and counts it as such. */
  public void add(int head, boolean partiallyMapped) {
    int order = memMap.order(head);
    if (order <= 1 || (!partiallyMapped && !queueUnderused)) {
      return;
    }
    lock.lock();
    if (partiallyMapped && !memMap.testFlag(head, FolioFlags.PARTIALLY_MAPPED)) {
      markPartiallyMapped(head, order);
    }
    if (!memMap.testFlag(head, FolioFlags.DEFERRED)) {
      append(head);
    }
    lock.unlock();
  }

  private void markPartiallyMapped(int head, int order) {
    memMap.setFlag(head, FolioFlags.PARTIALLY_MAPPED);
    if (order >= PMD_ORDER) {
      events.count(VmEvent.THP_DEFERRED_SPLIT_PAGE);
    }
    thpStats.count(order, ThpStat.SPLIT_DEFERRED);
    thpStats.add(order, ThpStat.NR_ANON_PARTIALLY_MAPPED, 1);
  }

  private void append(int head) {
    memMap.setFlag(head, FolioFlags.DEFERRED);
    memMap.setDeferredPrev(head, last);
    memMap.setDeferredNext(head, 0);
    if (last == 0) {
      first = head;
    } else {
      memMap.setDeferredNext(last, head);
    }
    last = head;
    length++;
  }

  /** Takes {@code head} off the queue, when it is freed or split; true when it was on it. */
  public boolean remove(int head) {
    if (!memMap.testFlag(head, FolioFlags.DEFERRED)
        && !memMap.testFlag(head, FolioFlags.PARTIALLY_MAPPED)) {
      return false;
    }
    lock.lock();
    boolean queued = memMap.testFlag(head, FolioFlags.DEFERRED);
    if (memMap.testFlag(head, FolioFlags.PARTIALLY_MAPPED)) {
      memMap.clearFlag(head, FolioFlags.PARTIALLY_MAPPED);
      thpStats.add(memMap.order(head), ThpStat.NR_ANON_PARTIALLY_MAPPED, -1);
    }
    if (queued) {
      unlink(head);
    }
    lock.unlock();
    return queued;
  }

  private void unlink(int head) {
    int previous = memMap.deferredPrev(head);
    int next = memMap.deferredNext(head);
    if (previous == 0) {
      first = next;
    } else {
      memMap.setDeferredNext(previous, next);
    }
    if (next == 0) {
      last = previous;
    } else {
      memMap.setDeferredPrev(next, previous);
    }
    memMap.clearFlag(head, FolioFlags.DEFERRED);
    length--;
  }

  /**
   * Takes up to {@code limit} of the oldest folios off the queue, each with a reference that the
   * caller must put. A folio that is being freed is left to its freer.
   *
   * @return how many of {@code heads} were filled
   */
  public int takeOldest(int[] heads, int limit) {
    lock.lock();
    int taken = 0;
    int at = first;
    while (at != 0 && taken < limit) {
      int next = memMap.deferredNext(at);
      if (!asks) {
        memMap.get(at, 1);
      }
      if (!asks || memMap.tryGet(at)) {
        unlink(at);
        heads[taken++] = at;
      }
      at = next;
    }
    lock.unlock();
    return taken;
  }

  /** Puts a folio that could not be split back at the end. */
  public void putBack(int head) {
    lock.lock();
    if (!memMap.testFlag(head, FolioFlags.DEFERRED)) {
      append(head);
    }
    lock.unlock();
  }
}
