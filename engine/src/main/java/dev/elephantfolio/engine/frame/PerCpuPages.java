package dev.elephantfolio.engine.frame;

import dev.elephantfolio.engine.sync.LockRank;
import dev.elephantfolio.engine.sync.PaddedBefore;
import dev.elephantfolio.engine.sync.SpinLock;

/** What changes of {@link PerCpuPages} with each block; guarded by its lock. */
abstract class PerCpuCounts extends PaddedBefore {
  int batch = 1;
  int highMin;
  int highMax;
  int high;

  /** Frames in all lists. */
  int count;

  int allocFactor;
  int freeCount;
  boolean previousFreeHighOrder;
}

/**
 * One processor's small stock of a zone's free blocks, of orders 0 to 3 and 9, so that most
 * allocations need no ZONE lock. The blocks are in no buddy list; they go in and come out at the
 * front, new ones from the zone come in at the back, and the back goes back to the zone.
 *
 * <p>How many come and go at a time follows the kernel (6.18): batches double while there are only
 * allocations or only frees, and the limit adapts between {@code highMin} and {@code highMax}. What
 * the kernel's per-second housekeeping gives back is not modelled.
 *
 * <p>Every field is guarded by {@link #lock}.
 */
final class PerCpuPages extends PerCpuCounts {
  private static final int COSTLY_ORDER = 3;
  private static final int LOW_ORDER_LISTS = MigrateType.COUNT * (COSTLY_ORDER + 1);
  private static final int LISTS = LOW_ORDER_LISTS + 2;
  private static final int HUGE_ORDER = 9;

  /** By how many doublings a batch may grow. */
  private static final int BATCH_SCALE_MAX = 5;

  @SuppressWarnings("unused")
  private long a0, a1, a2, a3, a4, a5, a6, a7, a8, a9, a10, a11, a12, a13, a14, a15;

  final SpinLock lock = new SpinLock(LockRank.PCP);
  private final Zone zone;
  private final IntRing[] lists = new IntRing[LISTS];

  PerCpuPages(Zone zone) {
    this.zone = zone;
    for (int index = 0; index < LISTS; index++) {
      lists[index] = new IntRing();
    }
  }

  /** Sets the limits, in frames. */
  void configure(int newBatch, int newHighMin, int newHighMax) {
    lock.lock();
    try {
      batch = newBatch;
      highMin = newHighMin;
      highMax = newHighMax;
      high = Math.clamp(high, highMin, highMax);
    } finally {
      lock.unlock();
    }
  }

  /** Whether blocks of this order are kept here. */
  static boolean keeps(int order) {
    return order <= COSTLY_ORDER || order == HUGE_ORDER;
  }

  private static int list(int order, MigrateType type) {
    if (order > COSTLY_ORDER) {
      return type == MigrateType.MOVABLE ? LOW_ORDER_LISTS + 1 : LOW_ORDER_LISTS;
    }
    return MigrateType.COUNT * order + type.index;
  }

  private static int order(int list) {
    return list >= LOW_ORDER_LISTS ? HUGE_ORDER : list / MigrateType.COUNT;
  }

  /** Takes a block; 0 when neither here nor in the zone is one. */
  int take(int order, MigrateType type, boolean noFragment) {
    lock.lock();
    try {
      freeCount >>= 1;
      IntRing list = lists[list(order, type)];
      if (list.isEmpty() && !refill(list, order, type, noFragment)) {
        return 0;
      }
      count -= 1 << order;
      return list.popFront();
    } finally {
      lock.unlock();
    }
  }

  private boolean refill(IntRing list, int order, MigrateType type, boolean noFragment) {
    int got = zone.takeBulk(list, order, type, noFragment, blocksToTake(order));
    count += got << order;
    return got != 0;
  }

  private int blocksToTake(int order) {
    high = Math.clamp(high, highMin, highMax);
    if (high < batch) {
      return 1;
    }
    int frames = order == 0 ? batch << allocFactor : batch;
    if (highMin != highMax && !zone.isBelowHigh()) {
      high = Math.min(high + frames, highMax);
    }
    if (order == 0) {
      int framesMax = Math.max(high - count - batch, batch);
      if (frames <= framesMax && allocFactor < BATCH_SCALE_MAX) {
        allocFactor++;
      }
      frames = Math.min(frames, framesMax);
    }
    return frames > 1 ? Math.max(frames >> order, 2) : frames;
  }

  /** Keeps a free block, giving older ones back to the zone when there are too many. */
  void give(int pfn, int order, MigrateType type) {
    lock.lock();
    try {
      allocFactor >>= 1;
      lists[list(order, type)].pushFront(pfn);
      count += 1 << order;
      boolean hoarding = isHoarding(order);
      if (freeCount < batch << BATCH_SCALE_MAX) {
        freeCount += 1 << order;
      }
      int limit = limit(hoarding);
      if (count >= limit) {
        giveBack(framesToGiveBack(limit, hoarding), list(order, type));
      }
    } finally {
      lock.unlock();
    }
  }

  /** Blocks of orders 1 to 3 are only being freed: kept here they would fragment the zone. */
  private boolean isHoarding(int order) {
    boolean highOrder = order > 0 && order <= COSTLY_ORDER;
    boolean hoarding =
        highOrder && previousFreeHighOrder && freeCount >= batch + highMin / 2 && count >= batch;
    previousFreeHighOrder = highOrder;
    return hoarding;
  }

  private int limit(boolean hoarding) {
    high = Math.clamp(high, highMin, highMax);
    if (hoarding) {
      high = Math.max(high - (batch << BATCH_SCALE_MAX), highMin);
      return 0;
    }
    if (highMin == highMax) {
      return high;
    }
    int limit = high;
    if (zone.isBelowHigh()) {
      high = Math.max(high - Math.max(freeCount, batch), highMin);
      limit = Math.max(count, highMin);
    } else if (count >= high) {
      high = Math.clamp(freeCount + batch, high, highMax);
    }
    return limit;
  }

  private int framesToGiveBack(int limit, boolean hoarding) {
    if (hoarding) {
      return Math.min(count, batch << BATCH_SCALE_MAX);
    }
    return limit < batch ? 1 : Math.clamp(freeCount, batch, Math.max(batch, limit - batch));
  }

  /** Gives back at least {@code frames} frames, from the back of this list first. */
  private void giveBack(int frames, int firstList) {
    int left = Math.min(frames, count);
    int list = firstList;
    zone.lock().lock();
    try {
      while (left > 0) {
        if (lists[list].isEmpty()) {
          list = (list + 1) % LISTS;
          continue;
        }
        int order = order(list);
        zone.giveLocked(lists[list].popBack(), order);
        left -= 1 << order;
        count -= 1 << order;
      }
      zone.checkAboveHigh();
    } finally {
      zone.lock().unlock();
    }
  }

  /** Gives everything back to the zone. */
  void drain() {
    lock.lock();
    try {
      if (count > 0) {
        giveBack(count, 0);
      }
    } finally {
      lock.unlock();
    }
  }

  /** Frames kept here. */
  int count() {
    lock.lock();
    try {
      return count;
    } finally {
      lock.unlock();
    }
  }

  /** Tells the visitor every block kept here. Under the lock. */
  void forEach(BlockVisitor visitor) {
    lock.assertHeld();
    for (int list = 0; list < LISTS; list++) {
      for (int index = 0; index < lists[list].size(); index++) {
        visitor.visit(lists[list].get(index), order(list));
      }
    }
  }

  /** Told of a block of free frames. */
  interface BlockVisitor {
    void visit(int pfn, int order);
  }
}
