package dev.elephantfolio.engine.sync;

/**
 * A {@link SpinLock} that shares its cache line with no lock of another processor, for state that
 * each processor has its own of.
 */
@SuppressWarnings("unused")
public final class PaddedSpinLock extends SpinLock {
  private long a0, a1, a2, a3, a4, a5, a6, a7, a8, a9, a10, a11, a12, a13, a14, a15;

  public PaddedSpinLock(LockRank rank) {
    super(rank);
  }
}
