package dev.elephantfolio.trace;

/** The numbers of Linux's memory calls on x86-64 that recordings hold and importers look at. */
public final class Mman {
  public static final int PROT_READ = 1;
  public static final int PROT_WRITE = 2;
  public static final int PROT_EXEC = 4;

  public static final int MAP_SHARED = 0x01;
  public static final int MAP_PRIVATE = 0x02;
  public static final int MAP_FIXED = 0x10;
  public static final int MAP_ANONYMOUS = 0x20;
  public static final int MAP_GROWSDOWN = 0x100;

  public static final int MREMAP_DONTUNMAP = 4;

  public static final long CLONE_VM = 0x100;
  public static final long CLONE_VFORK = 0x4000;
  public static final long CLONE_THREAD = 0x10000;

  private Mman() {}

  /** Whether a call's result says that it failed. */
  public static boolean failed(long result) {
    return result < 0 && result >= -4095;
  }
}
