package dev.elephantfolio.engine.mm;

/** The {@code prot} argument of mmap and mprotect, x86-64 values. */
public final class Prot {
  public static final int NONE = 0;
  public static final int READ = 0x1;
  public static final int WRITE = 0x2;
  public static final int EXEC = 0x4;
  public static final int SEM = 0x8;
  public static final int GROWSDOWN = 0x0100_0000;
  public static final int GROWSUP = 0x0200_0000;

  private Prot() {}
}
