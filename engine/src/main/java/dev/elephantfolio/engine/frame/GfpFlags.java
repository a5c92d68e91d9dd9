package dev.elephantfolio.engine.frame;

/** How an allocation may be served, and how hard the allocator may try. */
public final class GfpFlags {
  /** The memory can be moved later. */
  public static final int MOVABLE = 1;

  /** The memory can be reclaimed on demand (caches of the kernel itself). */
  public static final int RECLAIMABLE = 1 << 1;

  /** The caller can wait for reclaim and compaction. */
  public static final int DIRECT_RECLAIM = 1 << 2;

  /** kswapd may be woken. */
  public static final int KSWAPD_RECLAIM = 1 << 3;

  /** Try reclaim once at most. */
  public static final int NORETRY = 1 << 4;

  /** A failure is expected. */
  public static final int NOWARN = 1 << 5;

  /** No other node (there is one). */
  public static final int THISNODE = 1 << 6;

  /** Charged to the memory cgroup. */
  public static final int ACCOUNT = 1 << 7;

  public static final int KERNEL = DIRECT_RECLAIM | KSWAPD_RECLAIM;
  public static final int HIGHUSER_MOVABLE = KERNEL | MOVABLE;

  /** A huge page only if one lies ready. */
  public static final int TRANSHUGE_LIGHT = MOVABLE | NOWARN;

  /** A huge page even at the price of compaction now. */
  public static final int TRANSHUGE = TRANSHUGE_LIGHT | DIRECT_RECLAIM;

  private GfpFlags() {}

  static MigrateType migrateType(int gfp) {
    if ((gfp & MOVABLE) != 0) {
      return MigrateType.MOVABLE;
    }
    return (gfp & RECLAIMABLE) != 0 ? MigrateType.RECLAIMABLE : MigrateType.UNMOVABLE;
  }
}
