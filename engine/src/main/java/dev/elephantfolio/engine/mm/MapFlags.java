package dev.elephantfolio.engine.mm;

/** The {@code flags} argument of mmap, x86-64 values. */
public final class MapFlags {
  public static final int SHARED = 0x01;
  public static final int PRIVATE = 0x02;
  public static final int SHARED_VALIDATE = 0x03;
  public static final int DROPPABLE = 0x08;

  /** The bits that hold the kind of mapping. */
  public static final int TYPE = 0x0f;

  public static final int FIXED = 0x10;
  public static final int ANONYMOUS = 0x20;
  public static final int IN_LOW_32_BITS = 0x40;
  public static final int ABOVE_4G = 0x80;
  public static final int GROWSDOWN = 0x0100;
  public static final int DENYWRITE = 0x0800;
  public static final int EXECUTABLE = 0x1000;
  public static final int LOCKED = 0x2000;
  public static final int NORESERVE = 0x4000;
  public static final int POPULATE = 0x8000;
  public static final int NONBLOCK = 0x1_0000;
  public static final int STACK = 0x2_0000;
  public static final int HUGETLB = 0x4_0000;
  public static final int SYNC = 0x8_0000;
  public static final int FIXED_NOREPLACE = 0x10_0000;
  public static final int UNINITIALIZED = 0x400_0000;
  public static final int HUGE_SHIFT = 26;
  public static final int HUGE_MASK = 0x3f;

  /** What MAP_SHARED_VALIDATE accepts: every flag older than it is. */
  public static final int LEGACY =
      SHARED
          | PRIVATE
          | FIXED
          | ANONYMOUS
          | DENYWRITE
          | EXECUTABLE
          | UNINITIALIZED
          | GROWSDOWN
          | LOCKED
          | NORESERVE
          | POPULATE
          | NONBLOCK
          | STACK
          | HUGETLB
          | IN_LOW_32_BITS
          | ABOVE_4G
          | (HUGE_MASK << HUGE_SHIFT);

  private MapFlags() {}
}
