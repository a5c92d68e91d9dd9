package dev.elephantfolio.engine.sync;

/**
 * An {@link RwSemaphore} that shares its cache line with no other lock, where threads that have
 * nothing to do with each other take neighbouring locks all the time.
 */
@SuppressWarnings("unused")
public final class PaddedRwSemaphore extends RwSemaphore {
  private long a0, a1, a2, a3, a4, a5, a6, a7, a8, a9, a10, a11, a12, a13, a14, a15;

  public PaddedRwSemaphore(LockRank rank) {
    super(rank);
  }
}
