package dev.elephantfolio.engine.mm;

/** Marks of a whole address space (the kernel's MMF flags), bits of one atomic int. */
public final class MmFlags {
  /** khugepaged knows this address space. */
  public static final int HUGEPAGE = 1;

  /** PR_SET_THP_DISABLE: no transparent huge pages at all. */
  public static final int DISABLE_THP_COMPLETELY = 1 << 1;

  /** PR_SET_THP_DISABLE with PR_THP_DISABLE_EXCEPT_ADVISED: only where madvise asked. */
  public static final int DISABLE_THP_EXCEPT_ADVISED = 1 << 2;

  /** The huge zero folio was handed out, and is held once for this address space. */
  public static final int HUGE_ZERO_FOLIO = 1 << 3;

  /** ksm knows this address space. */
  public static final int MERGEABLE = 1 << 4;

  /** PR_SET_MEMORY_MERGE: every new area that may be is MERGEABLE. */
  public static final int MERGE_ANY = 1 << 5;

  /** Some page was pinned by gup; fork must look. */
  public static final int HAS_PINNED = 1 << 6;

  /** The legacy layout (bottom-up) is off: mappings are placed from mmap_base downwards. */
  public static final int TOPDOWN = 1 << 7;

  /** What a forked child keeps. */
  public static final int KEPT_BY_FORK =
      DISABLE_THP_COMPLETELY | DISABLE_THP_EXCEPT_ADVISED | MERGE_ANY | TOPDOWN;

  private MmFlags() {}
}
