package dev.elephantfolio.engine.mm;

/** Arithmetic on byte addresses of a process: x86-64 with four levels of page tables. */
public final class Addresses {
  public static final int PAGE_SHIFT = 12;
  public static final long PAGE_SIZE = 1L << PAGE_SHIFT;
  public static final long PAGE_MASK = -PAGE_SIZE;
  public static final int PMD_SHIFT = 21;
  public static final long PMD_SIZE = 1L << PMD_SHIFT;
  public static final long PMD_MASK = -PMD_SIZE;

  /** One byte past the last address of a process: 128 TiB less a guard page. */
  public static final long TASK_SIZE = 0x7fff_ffff_f000L;

  private Addresses() {}

  public static boolean isPageAligned(long bytes) {
    return (bytes & ~PAGE_MASK) == 0;
  }

  public static boolean isPmdAligned(long bytes) {
    return (bytes & ~PMD_MASK) == 0;
  }

  public static long pageFloor(long bytes) {
    return bytes & PAGE_MASK;
  }

  /** Rounded up to whole pages; wraps to 0 as the kernel's does at the top of 64 bits. */
  public static long pageCeil(long bytes) {
    return (bytes + PAGE_SIZE - 1) & PAGE_MASK;
  }

  public static long roundUp(long bytes, long powerOfTwo) {
    return (bytes + powerOfTwo - 1) & -powerOfTwo;
  }

  public static long roundDown(long bytes, long powerOfTwo) {
    return bytes & -powerOfTwo;
  }

  /**
   * The end of a range as a signed number: one beyond every area stays beyond every area, whatever
   * its upper bits.
   */
  public static long boundedEnd(long endAddress) {
    long beyond = TASK_SIZE + PAGE_SIZE;
    return Long.compareUnsigned(endAddress, beyond) > 0 ? beyond : endAddress;
  }

  public static long pages(long bytes) {
    return bytes >>> PAGE_SHIFT;
  }
}
