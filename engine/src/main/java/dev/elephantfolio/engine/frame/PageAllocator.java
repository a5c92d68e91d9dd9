package dev.elephantfolio.engine.frame;

import dev.elephantfolio.engine.sync.Cpus;
import java.util.ArrayList;
import java.util.List;

/**
 * Hands out folios of any order from 0 to 10 and takes them back. Any thread may call anything.
 *
 * <p>An allocation looks at the zones from the last to the first and takes from the first that
 * stays above its low watermark; failing that it wakes kswapd, goes down to the min watermark, and
 * if it may wait, empties the per-processor lists and asks {@link ReclaimSeam}.
 *
 * <p>One thread doing the same operations gets the same pfns.
 */
public final class PageAllocator {
  public static final int ORDER_MAX = BuddyAllocator.ORDER_MAX;

  /** From so many neighbours on, freed frames do not go through the per-processor lists. */
  private static final int RUN_MIN = 16;

  private final MemMap map;
  private final Cpus cpus;

  /** The zones that have memory, ascending. */
  private final List<Zone> zones;

  private final ZoneKind highest;
  private final boolean avoidsFragments;
  private volatile ReclaimSeam reclaim = ReclaimSeam.NONE;
  private volatile long minFreeKbytes;
  private volatile int watermarkScaleFactor;

  /**
   * @param reservedFrames frames at the end of memory that are in use by what is not modelled
   */
  public PageAllocator(MemMap map, Cpus cpus, long reservedFrames) {
    this.map = map;
    this.cpus = cpus;
    long endFrame = map.frames() - reservedFrames;
    if (reservedFrames < 0 || endFrame < 2) {
      throw new IllegalArgumentException(
          "reserved frames: 0 to " + (map.frames() - 2) + ", not " + reservedFrames);
    }
    this.zones = populate(map, endFrame, cpus.count());
    this.highest = zones.getLast().kind();
    this.avoidsFragments = highest == ZoneKind.NORMAL;
    FolioShapes.reserveFrameZero(map);
    configureWatermarks(
        Watermarks.minFreeKbytesDefault(managedFrames()), Watermarks.SCALE_FACTOR_DEFAULT);
  }

  private static List<Zone> populate(MemMap map, long endFrame, int cpus) {
    List<Zone> zones = new ArrayList<>();
    for (ZoneKind kind : ZoneKind.values()) {
      if (kind.startFrame < endFrame) {
        zones.add(new Zone(kind, map, endFrame, cpus));
      }
    }
    return List.copyOf(zones);
  }

  /** Says whom to ask for memory from now on. */
  public void reclaimWith(ReclaimSeam seam) {
    reclaim = seam;
  }

  /**
   * Sets the watermarks of all zones, as writing the sysctls does.
   *
   * @param newMinFreeKbytes vm.min_free_kbytes
   * @param scaleFactor vm.watermark_scale_factor, 1 to 3000
   */
  public synchronized void configureWatermarks(long newMinFreeKbytes, int scaleFactor) {
    minFreeKbytes = newMinFreeKbytes;
    watermarkScaleFactor = scaleFactor;
    long all = managedFrames();
    for (int index = 0; index < zones.size(); index++) {
      Zone zone = zones.get(index);
      zone.configure(
          Watermarks.of(zone.managedFrames(), all, newMinFreeKbytes, scaleFactor),
          lowmemReserve(index));
    }
  }

  /** What the zone keeps from allocations that could use each later one. */
  private long[] lowmemReserve(int index) {
    long[] reserve = new long[ZoneKind.COUNT];
    Zone zone = zones.get(index);
    long above = 0;
    for (Zone later : zones.subList(index + 1, zones.size())) {
      above += later.managedFrames();
      reserve[later.kind().index] = above / zone.kind().lowmemReserveRatio;
    }
    return reserve;
  }

  /** The value of vm.min_free_kbytes. */
  public long minFreeKbytes() {
    return minFreeKbytes;
  }

  /** The value of vm.watermark_scale_factor. */
  public int watermarkScaleFactor() {
    return watermarkScaleFactor;
  }

  public MemMap memMap() {
    return map;
  }

  /** The zones that have memory, ascending. */
  public List<Zone> zones() {
    return zones;
  }

  /** Frames the allocator may hand out, free or not. */
  public long managedFrames() {
    long frames = 0;
    for (Zone zone : zones) {
      frames += zone.managedFrames();
    }
    return frames;
  }

  /** Free frames without those in per-processor lists: what MemFree counts. */
  public long freePages() {
    long frames = 0;
    for (Zone zone : zones) {
      frames += zone.freeFrames();
    }
    return frames;
  }

  /** Free frames in per-processor lists. */
  public long perCpuPages() {
    long frames = 0;
    for (Zone zone : zones) {
      frames += zone.perCpuFrames();
    }
    return frames;
  }

  /**
   * Takes a folio.
   *
   * @param order 0 to {@link #ORDER_MAX}
   * @param gfp bits of {@link GfpFlags}
   * @return its first pfn, with one reference and no flags; 0 when refused
   */
  public int allocate(int order, int gfp) {
    MigrateType type = GfpFlags.migrateType(gfp);
    int pfn = takeAboveLow(order, type, avoidsFragments);
    if (pfn == 0) {
      pfn = takeSlowly(order, gfp, type);
    }
    if (pfn != 0) {
      map.prepareFolio(pfn, order);
    }
    return pfn;
  }

  private int takeAboveLow(int order, MigrateType type, boolean noFragment) {
    for (int index = zones.size() - 1; index >= 0; index--) {
      Zone zone = zones.get(index);
      if (isAboveLow(zone, order)) {
        int pfn = takeFrom(zone, order, type, noFragment);
        if (pfn != 0) {
          return pfn;
        }
      }
    }
    return noFragment ? takeAboveLow(order, type, false) : 0;
  }

  private boolean isAboveLow(Zone zone, int order) {
    Watermarks watermarks = zone.watermarks();
    if (!zone.isBelowHigh()) {
      if (zone.isWatermarkOk(order, watermarks.highFrames(), highest)) {
        return true;
      }
      zone.noteBelowHigh();
    }
    return zone.isWatermarkOk(order, watermarks.lowFrames(), highest);
  }

  private int takeFrom(Zone zone, int order, MigrateType type, boolean noFragment) {
    return PerCpuPages.keeps(order)
        ? zone.perCpu(cpus.current()).take(order, type, noFragment)
        : zone.take(order, type, noFragment);
  }

  private int takeSlowly(int order, int gfp, MigrateType type) {
    if ((gfp & GfpFlags.KSWAPD_RECLAIM) != 0) {
      for (Zone zone : zones) {
        reclaim.wake(zone, order);
      }
    }
    int pfn = takeAboveMin(order, type);
    if (pfn != 0 || (gfp & GfpFlags.DIRECT_RECLAIM) == 0) {
      return pfn;
    }
    drain();
    pfn = takeAboveMin(order, type);
    boolean again = true;
    while (pfn == 0 && again && reclaim.tryFree(order, gfp)) {
      pfn = takeAboveMin(order, type);
      again = (gfp & GfpFlags.NORETRY) == 0;
    }
    return pfn;
  }

  private int takeAboveMin(int order, MigrateType type) {
    for (int index = zones.size() - 1; index >= 0; index--) {
      Zone zone = zones.get(index);
      if (zone.isWatermarkOk(order, zone.watermarks().minFrames(), highest)) {
        int pfn = takeFrom(zone, order, type, false);
        if (pfn != 0) {
          return pfn;
        }
      }
    }
    return 0;
  }

  /**
   * Gives back a folio.
   *
   * @throws IllegalStateException when it is referenced, mapped, locked or on a list
   */
  public void free(int pfn, int order) {
    map.releaseFolio(pfn, order);
    Zone zone = zoneOf(pfn);
    if (PerCpuPages.keeps(order)) {
      zone.perCpu(cpus.current()).give(pfn, order, map.migrateType(pfn));
    } else {
      zone.give(pfn, order);
    }
  }

  /**
   * Gives back {@code count} folios of order 0. Long runs of neighbours in the array go to their
   * zone as few large blocks, past the per-processor lists; this is the cheap way to free much.
   *
   * @throws IllegalStateException when one is referenced, mapped, locked or on a list
   */
  public void freeAll(int[] pfns, int count) {
    int first = 0;
    for (int next = 1; next <= count; next++) {
      if (next == count || pfns[next] != pfns[next - 1] + 1) {
        freeRun(pfns[first], next - first);
        first = next;
      }
    }
  }

  private void freeRun(int firstPfn, int frames) {
    if (frames < RUN_MIN) {
      for (int frame = 0; frame < frames; frame++) {
        free(firstPfn + frame, 0);
      }
      return;
    }
    for (int frame = 0; frame < frames; frame++) {
      map.releaseFolio(firstPfn + frame, 0);
    }
    giveRun(firstPfn, frames);
  }

  private void giveRun(int firstPfn, int frames) {
    int pfn = firstPfn;
    int left = frames;
    while (left > 0) {
      Zone zone = zoneOf(pfn);
      int within = (int) Math.min(left, zone.kind().endFrame - Integer.toUnsignedLong(pfn));
      zone.giveRun(pfn, within);
      pfn += within;
      left -= within;
    }
  }

  /** The zone that the frame belongs to. */
  public Zone zoneOf(int pfn) {
    long frame = Integer.toUnsignedLong(pfn);
    int index = zones.size() - 1;
    while (zones.get(index).kind().startFrame > frame) {
      index--;
    }
    return zones.get(index);
  }

  /** Gives everything in per-processor lists back to the zones. */
  public void drain() {
    for (Zone zone : zones) {
      for (int cpu = 0; cpu < zone.cpus(); cpu++) {
        zone.perCpu(cpu).drain();
      }
    }
  }
}
