package dev.elephantfolio.engine.frame;

/**
 * How many frames of a zone must stay free for whom.
 *
 * @param minFrames below, only those who may not wait for reclaim get memory
 * @param lowFrames below, kswapd is woken
 * @param highFrames where kswapd stops
 */
public record Watermarks(long minFrames, long lowFrames, long highFrames) {
  static final long MIN_FREE_KBYTES_MIN = 128;
  static final long MIN_FREE_KBYTES_MAX = 262144;
  static final int SCALE_FACTOR_DEFAULT = 10;
  private static final int SCALE_DENOMINATOR = 10_000;

  /**
   * The kernel's formula (6.18).
   *
   * @param minFreeKbytes vm.min_free_kbytes
   * @param scaleFactor vm.watermark_scale_factor, in ten-thousandths of the zone
   */
  static Watermarks of(long zoneFrames, long allFrames, long minFreeKbytes, int scaleFactor) {
    long minFrames = (minFreeKbytes >>> 2) * zoneFrames / allFrames;
    long distance = Math.max(minFrames >>> 2, zoneFrames * scaleFactor / SCALE_DENOMINATOR);
    return new Watermarks(minFrames, minFrames + distance, minFrames + 2 * distance);
  }

  /** The kernel's choice of vm.min_free_kbytes for a machine of so many frames. */
  static long minFreeKbytesDefault(long frames) {
    long root = (long) Math.sqrt((double) frames * 4 * 16);
    return Math.clamp(root, MIN_FREE_KBYTES_MIN, MIN_FREE_KBYTES_MAX);
  }
}
