package dev.elephantfolio.engine.frame;

/** What the allocator asks when memory runs out; made by what can reclaim and compact. */
public interface ReclaimSeam {
  /** Nothing can be reclaimed. */
  ReclaimSeam NONE = (_, _) -> false;

  /**
   * Tries to make room, for an allocation that may wait.
   *
   * @return whether it is worth trying the allocation again
   */
  boolean tryFree(int order, int gfp);

  /** A zone is below its low watermark; must not wait. */
  default void wake(Zone zone, int order) {}
}
