package dev.elephantfolio.engine.frame;

/** Parts of memory by what old devices can reach; a later one may fall back on the earlier. */
public enum ZoneKind {
  /** Below 16 MiB. */
  DMA(0, "DMA", 0, 1L << 12, 256),

  /** From there to 4 GiB. */
  DMA32(1, "DMA32", 1L << 12, 1L << 20, 256),

  /** The rest. */
  NORMAL(2, "Normal", 1L << 20, 1L << 32, 32);

  static final int COUNT = 3;

  /** Its number in arrays, 0 to COUNT - 1. */
  final int index;

  private final String kernelName;
  final long startFrame;
  final long endFrame;

  /** One frame in so many of the zones above is kept from those who could use these. */
  final int lowmemReserveRatio;

  ZoneKind(int index, String kernelName, long startFrame, long endFrame, int lowmemReserveRatio) {
    this.index = index;
    this.kernelName = kernelName;
    this.startFrame = startFrame;
    this.endFrame = endFrame;
    this.lowmemReserveRatio = lowmemReserveRatio;
  }

  /** The name as /proc/zoneinfo writes it. */
  public String kernelName() {
    return kernelName;
  }
}
