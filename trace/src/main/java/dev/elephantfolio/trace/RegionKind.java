package dev.elephantfolio.trace;

/** What a region of a memory map is. The codes are part of the file format. */
public enum RegionKind {
  /** Private or shared anonymous memory. */
  ANON(0),
  /** A mapping of a file. */
  FILE(1),
  /** The main thread's stack: anonymous, grows down. */
  STACK(2),
  /** The program break's region; of length 0 it only says where the break starts. */
  HEAP(3),
  /** The kernel's own pages in every process: vdso, vvar. They belong to no program. */
  SPECIAL(4);

  private static final RegionKind[] VALUES = values();

  private final int code;

  RegionKind(int code) {
    this.code = code;
  }

  /** The kind's number in the file. */
  public int code() {
    return code;
  }

  /** The kind of that code; an unknown one is anonymous memory. */
  public static RegionKind of(long code) {
    return code >= 0 && code < VALUES.length ? VALUES[(int) code] : ANON;
  }
}
