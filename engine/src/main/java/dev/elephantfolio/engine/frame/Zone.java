package dev.elephantfolio.engine.frame;

import dev.elephantfolio.engine.sync.LockRank;
import dev.elephantfolio.engine.sync.SpinLock;
import dev.elephantfolio.engine.sync.SyncPoints;
import java.util.concurrent.atomic.AtomicLong;

/**
 * A part of memory with its own free lists and watermarks.
 *
 * <pre>
 *  field      | guarded by
 *  -----------+-----------------------------------------------------
 *  buddy      | lock
 *  freeFrames | written under lock; read by anyone, as a good guess
 *  limits     | replaced as a whole
 *  belowHigh  | a hint
 *  perCpu     | each its own lock, taken before this zone's
 * </pre>
 */
public final class Zone {
  private static final int BATCH_SHIFT = 12;
  private static final int BATCH_MAX = 64;
  private static final int HIGH_FRACTION_MIN = 8;

  /** The watermarks, and what is kept from those who could use a later zone, by that zone. */
  private static final class Limits {
    final Watermarks watermarks;
    final long[] lowmemReserve;

    Limits(Watermarks watermarks, long[] lowmemReserve) {
      this.watermarks = watermarks;
      this.lowmemReserve = lowmemReserve;
    }
  }

  private final ZoneKind kind;
  private final SpinLock lock = new SpinLock(LockRank.ZONE);
  private final BuddyAllocator buddy;
  private final PerCpuPages[] perCpu;
  private final long managedFrames;
  private final AtomicLong freeFrames;
  private volatile Limits limits = new Limits(new Watermarks(0, 0, 0), new long[ZoneKind.COUNT]);
  private volatile boolean belowHigh;

  /** The zone of this kind in a machine whose allocator has the frames below {@code endFrame}. */
  Zone(ZoneKind kind, MemMap map, long endFrame, int cpus) {
    this.kind = kind;
    long end = Math.min(kind.endFrame, endFrame);
    this.buddy = new BuddyAllocator(map, lock, kind.startFrame, end);
    this.managedFrames = end - Math.max(kind.startFrame, 1);
    this.freeFrames = new AtomicLong(managedFrames);
    this.perCpu = new PerCpuPages[cpus];
    for (int cpu = 0; cpu < cpus; cpu++) {
      perCpu[cpu] = new PerCpuPages(this);
    }
  }

  public ZoneKind kind() {
    return kind;
  }

  /** Frames the allocator may hand out, free or not. */
  public long managedFrames() {
    return managedFrames;
  }

  /** Free frames, without those in per-processor lists. */
  public long freeFrames() {
    return freeFrames.getOpaque();
  }

  /** Frames in per-processor lists. */
  public long perCpuFrames() {
    long frames = 0;
    for (PerCpuPages pages : perCpu) {
      frames += pages.count();
    }
    return frames;
  }

  /** Free blocks of exactly this order, as /proc/buddyinfo shows; all types together. */
  public long freeBlocks(int order) {
    long blocks = 0;
    for (int type = 0; type < MigrateType.COUNT; type++) {
      blocks += freeBlocks(order, MigrateType.of(type));
    }
    return blocks;
  }

  /** Free blocks of exactly this order and type, as /proc/pagetypeinfo shows. */
  public long freeBlocks(int order, MigrateType type) {
    return buddy.freeBlocks(order, type);
  }

  public Watermarks watermarks() {
    return limits.watermarks;
  }

  /** Frames kept from an allocation that could use the zone {@code highest}. */
  public long lowmemReserve(ZoneKind highest) {
    return limits.lowmemReserve[highest.index];
  }

  SpinLock lock() {
    return lock;
  }

  BuddyAllocator buddy() {
    return buddy;
  }

  PerCpuPages perCpu(int cpu) {
    return perCpu[cpu];
  }

  int cpus() {
    return perCpu.length;
  }

  void configure(Watermarks watermarks, long[] lowmemReserve) {
    limits = new Limits(watermarks, lowmemReserve);
    int batch = batch();
    int highMin = high(watermarks.lowFrames(), batch);
    int highMax = high(managedFrames / HIGH_FRACTION_MIN, batch);
    for (PerCpuPages pages : perCpu) {
      pages.configure(batch, Math.min(highMin, highMax), highMax);
    }
  }

  /** About 1/4096 of the zone, at most 256 KiB, less one than a power of two. */
  private int batch() {
    int batch = (int) Math.min(managedFrames >>> BATCH_SHIFT, BATCH_MAX);
    return batch <= 1 ? 1 : Integer.highestOneBit(batch + batch / 2) - 1;
  }

  private int high(long frames, int batch) {
    return (int) Math.max(frames / perCpu.length, (long) batch << 2);
  }

  /**
   * Whether an allocation may be served from here.
   *
   * @param markFrames how many frames must stay free
   * @param highest the last zone the allocation could use
   */
  boolean isWatermarkOk(int order, long markFrames, ZoneKind highest) {
    long free = freeFrames() - ((1L << order) - 1);
    boolean ok =
        free > markFrames + limits.lowmemReserve[highest.index]
            && (order == 0 || buddy.hasBlock(order));
    SyncPoints.read(lock, 0, ok ? 1 : 0);
    return ok;
  }

  boolean isBelowHigh() {
    boolean below = belowHigh;
    SyncPoints.read(lock, 0, below ? 1 : 0);
    return below;
  }

  /** Remembers that the zone is running low, so that per-processor lists shrink. */
  void noteBelowHigh() {
    belowHigh = true;
  }

  /** Forgets it when that is over. */
  void checkAboveHigh() {
    if (belowHigh && freeFrames() > limits.watermarks.highFrames()) {
      belowHigh = false;
    }
  }

  /** Takes a block; 0 when there is none. */
  int take(int order, MigrateType type, boolean noFragment) {
    lock.lock();
    try {
      int pfn = buddy.take(order, type, noFragment);
      if (pfn != 0) {
        addFree(-1L << order);
      }
      return pfn;
    } finally {
      lock.unlock();
    }
  }

  /** Takes up to {@code count} blocks; returns how many it found. */
  int takeBulk(IntRing into, int order, MigrateType type, boolean noFragment, int count) {
    lock.lock();
    try {
      int taken = buddy.takeBulk(into, order, type, noFragment, count);
      addFree(-((long) taken << order));
      return taken;
    } finally {
      lock.unlock();
    }
  }

  void give(int pfn, int order) {
    lock.lock();
    try {
      giveLocked(pfn, order);
      checkAboveHigh();
    } finally {
      lock.unlock();
    }
  }

  void giveLocked(int pfn, int order) {
    buddy.give(pfn, order);
    addFree(1L << order);
  }

  /** Takes back neighbouring frames, in aligned blocks within a pageblock. */
  void giveRun(int firstPfn, int frames) {
    lock.lock();
    try {
      int pfn = firstPfn;
      int left = frames;
      while (left > 0) {
        int aligned = Integer.numberOfTrailingZeros(pfn);
        int fitting = Integer.SIZE - 1 - Integer.numberOfLeadingZeros(left);
        int order = Math.min(BuddyAllocator.PAGEBLOCK_ORDER - 1, Math.min(aligned, fitting));
        buddy.give(pfn, order);
        pfn += 1 << order;
        left -= 1 << order;
      }
      addFree(frames);
      checkAboveHigh();
    } finally {
      lock.unlock();
    }
  }

  private void addFree(long frames) {
    freeFrames.setOpaque(freeFrames.getPlain() + frames);
  }
}
