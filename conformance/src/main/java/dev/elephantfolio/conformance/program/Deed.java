package dev.elephantfolio.conformance.program;

/** The kinds of step that a random program is made of. */
enum Deed {
  WRITE(26),
  READ(8),
  MAP(6),
  UNMAP(4),
  PROTECT(6),
  /** madvise without the advices that have a deed of their own. */
  ADVISE(8),
  /** MADV_DONTNEED and MADV_FREE: pages leave the middle of what is mapped. */
  DROP(6),
  COLLAPSE(4),
  GUARD(2),
  REMAP(8),
  LOCK(4),
  LOCK_ALL(1),
  HEAP(3),
  FORK(4),
  VFORK(1),
  EXEC(1),
  EXIT(2),
  PRCTL(1),
  /** Pages that are pinned or put into a pipe, and what is done with those. */
  HOLD(3),
  SETTING(2),
  KHUGEPAGED(1),
  SPLIT(2),
  /** Several steps that make a table of small pages near one of khugepaged's limits. */
  SCENE(1);

  private final int usualWeight;

  Deed(int usualWeight) {
    this.usualWeight = usualWeight;
  }

  /** How often it comes in a balanced program, as a share of the sum over all. */
  int usualWeight() {
    return usualWeight;
  }
}
