package dev.elephantfolio.engine.thp;

import dev.elephantfolio.engine.Kernel;
import dev.elephantfolio.engine.folio.DeferredSplitQueue;
import dev.elephantfolio.engine.folio.Folios;
import dev.elephantfolio.engine.frame.Contents;
import dev.elephantfolio.engine.frame.FolioFlags;
import dev.elephantfolio.engine.frame.GfpFlags;
import dev.elephantfolio.engine.frame.MemMap;
import dev.elephantfolio.engine.frame.ReclaimSeam;
import dev.elephantfolio.engine.stat.VmEvent;

/**
 * Under memory pressure splits the folios of the deferred-split queue, so that the parts that
 * nobody maps any more are freed.
 *
 * <pre>
 *  folio on the queue         | what happens to it                      | if it cannot be split
 *  ---------------------------+-----------------------------------------+----------------------
 *  partially mapped           | split                                   | back on the queue
 *  whole, mostly zeros        | split; its zero pages become the        | off the queue
 *                             | shared zero page                        |
 *  whole, used (or mlocked)   | nothing: off the queue                  |
 * </pre>
 *
 * "Mostly zeros" is more than {@code max_ptes_none} zero pages; at 511, the default, no folio is
 * looked at. Any thread may call anything here.
 *
 * <p>Behaviour: deferred_split_scan and thp_underused, mm/huge_memory.c of 6.18.
 */
public final class DeferredSplitShrinker implements ReclaimSeam {
  private static final int BATCH = 128;
  private static final int PTES = 1 << ThpOrders.PMD_ORDER;

  private final Kernel kernel;
  private final MemMap memMap;
  private final Contents contents;
  private final Folios folios;
  private final DeferredSplitQueue queue;

  public DeferredSplitShrinker(Kernel kernel) {
    this.kernel = kernel;
    this.memMap = kernel.memMap();
    this.contents = kernel.contents();
    this.folios = kernel.folios();
    this.queue = kernel.deferred();
  }

  /** Folios that {@link #scan} could look at. */
  public int count() {
    return queue.length();
  }

  /**
   * Looks at up to {@code limit} of the folios that were queued first.
   *
   * @return how many were split
   */
  public int scan(int limit) {
    int split = 0;
    int left = Math.min(limit, count());
    int[] heads = new int[Math.min(Math.max(left, 0), BATCH)];
    while (left > 0) {
      int taken = queue.takeOldest(heads, Math.min(left, heads.length));
      if (taken == 0) {
        return split;
      }
      for (int i = 0; i < taken; i++) {
        split += shrink(heads[i]) ? 1 : 0;
      }
      left -= taken;
    }
    return split;
  }

  /** Splits the folio if it should be; drops the reference that its taker got. */
  private boolean shrink(int head) {
    boolean partial = memMap.testFlag(head, FolioFlags.PARTIALLY_MAPPED);
    boolean wanted = partial || (!memMap.testFlag(head, FolioFlags.MLOCKED) && isUnderused(head));
    boolean split = wanted && trySplit(head);
    if (split && !partial) {
      kernel.events().count(VmEvent.THP_UNDERUSED_SPLIT_PAGE);
    }
    if (!split && memMap.testFlag(head, FolioFlags.PARTIALLY_MAPPED)) {
      queue.putBack(head);
    }
    folios.put(head);
    return split;
  }

  private boolean trySplit(int head) {
    if (!folios.tryLock(head)) {
      return false;
    }
    boolean split = kernel.folioSplit().split(head, 0, head).isEmpty();
    folios.unlock(head);
    return split;
  }

  private boolean isUnderused(int head) {
    int zerosMax = kernel.thp().knobs().khugepaged().maxPtesNone();
    if (zerosMax == PTES - 1) {
      return false;
    }
    int zeros = 0;
    int pages = 1 << memMap.order(head);
    for (int i = 0; i < pages; i++) {
      if (contents.isZero(head + i)) {
        zeros++;
        if (zeros > zerosMax) {
          return true;
        }
      } else if (i + 1 - zeros >= PTES - zerosMax) {
        return false;
      }
    }
    return false;
  }

  /**
   * Works off the whole queue and frees the huge zero folio if nobody uses it, again for as long as
   * that is worth it: the shrinkers' part of {@code vm/drop_caches} (drop_slab, mm/vmscan.c).
   */
  public void dropAll() {
    int round = 0;
    long freed;
    do {
      freed = kernel.hugeZero().shrink() + dropQueued();
    } while (freed >> round++ > 1);
  }

  /** One round over twice the queue, as do_shrink_slab makes it at its highest priority. */
  private long dropQueued() {
    int queued = count();
    long left = 2L * queued;
    long split = 0;
    while (queued > 0 && (left >= BATCH || left >= queued) && count() > 0) {
      int limit = (int) Math.min(BATCH, left);
      split += scan(limit);
      left -= limit;
    }
    return split;
  }

  /**
   * Makes room for an allocation that may wait: frees the huge zero folio if nobody uses it, and
   * splits folios until some were.
   */
  @Override
  public boolean tryFree(int order, int gfp) {
    if ((gfp & GfpFlags.DIRECT_RECLAIM) == 0) {
      return false;
    }
    boolean freed = kernel.hugeZero().shrink() > 0;
    int left = count();
    while (!freed && left > 0) {
      freed = scan(BATCH) > 0;
      left -= BATCH;
    }
    return freed;
  }
}
