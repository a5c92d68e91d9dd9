package dev.elephantfolio.engine.mm;

/**
 * The {@code vm/} settings (sysctl) that memory calls look at, with Linux's defaults. Readable and
 * changeable by any thread at any time; a call sees the value of the moment.
 */
public final class VmSettings {
  /** {@code vm/overcommit_memory}. */
  public enum Overcommit {
    /** 0: refuse only what exceeds all of memory and swap at once. */
    GUESS,
    /** 1: never refuse. */
    ALWAYS,
    /** 2: refuse what would exceed the commit limit. */
    NEVER
  }

  private static final long DEFAULT_MIN_ADDRESS = 4096;

  /** What the security configuration of common kernels keeps free, whatever the setting says. */
  private static final long SECURITY_MIN_ADDRESS = 65536;

  private static final int DEFAULT_MAX_MAP_COUNT = 65530;
  private static final long STACK_GUARD_GAP_PAGES = 256;

  private volatile Overcommit overcommit = Overcommit.GUESS;
  private volatile int overcommitRatio = 50;
  private volatile long overcommitKbytes;
  private volatile long adminReserveKbytes = 8192;
  private volatile long userReserveKbytes = 131072;
  private volatile int maxMapCount = DEFAULT_MAX_MAP_COUNT;
  private volatile long mmapMinAddress = DEFAULT_MIN_ADDRESS;
  private final boolean softDirty;

  /** The defaults of a kernel without CONFIG_MEM_SOFT_DIRTY. */
  public VmSettings() {
    this(false);
  }

  /** The defaults; {@code softDirty} says whether the kernel tracks soft-dirty pages. */
  public VmSettings(boolean softDirty) {
    this.softDirty = softDirty;
  }

  public Overcommit overcommit() {
    return overcommit;
  }

  public void changeOvercommit(Overcommit mode) {
    overcommit = mode;
  }

  /** Percent of memory that strict overcommit allows; unused while kbytes are given. */
  public int overcommitRatio() {
    return overcommitRatio;
  }

  /** Sets the percentage and withdraws the absolute amount. */
  public void changeOvercommitRatio(int percent) {
    overcommitRatio = percent;
    overcommitKbytes = 0;
  }

  /** KiB that strict overcommit allows; 0 when the ratio speaks. */
  public long overcommitKbytes() {
    return overcommitKbytes;
  }

  /** Sets the absolute amount and withdraws the percentage. */
  public void changeOvercommitKbytes(long kbytes) {
    overcommitKbytes = kbytes;
    overcommitRatio = 0;
  }

  public long adminReserveKbytes() {
    return adminReserveKbytes;
  }

  public void changeAdminReserveKbytes(long kbytes) {
    adminReserveKbytes = kbytes;
  }

  public long userReserveKbytes() {
    return userReserveKbytes;
  }

  public void changeUserReserveKbytes(long kbytes) {
    userReserveKbytes = kbytes;
  }

  public int maxMapCount() {
    return maxMapCount;
  }

  public void changeMaxMapCount(int areas) {
    maxMapCount = areas;
  }

  /** Below this byte address a fixed mapping needs CAP_SYS_RAWIO. */
  public long mmapMinAddress() {
    return mmapMinAddress;
  }

  /** The lowest byte address that a mapping is placed at, or a stack grows to, unasked. */
  public long lowestPlacement() {
    return Math.max(mmapMinAddress, SECURITY_MIN_ADDRESS);
  }

  public void changeMmapMinAddress(long bytes) {
    mmapMinAddress = bytes;
  }

  /** The distance that a growing stack keeps from what lies below it, in bytes. */
  public long stackGuardGapBytes() {
    return STACK_GUARD_GAP_PAGES << Addresses.PAGE_SHIFT;
  }

  /** {@link VmFlags#SOFTDIRTY} where the kernel tracks soft-dirty pages, else no bit. */
  public long softDirtyFlag() {
    return softDirty ? VmFlags.SOFTDIRTY : 0;
  }
}
