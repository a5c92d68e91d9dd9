package dev.elephantfolio.engine.secondary;

/**
 * What a secondary MMU knows of invalidations of its guest's memory, by which whoever looked a page
 * up finds out whether it still holds.
 *
 * <p>Several invalidations at once are remembered as one range around them all. Everything is
 * written under the lock of the secondary MMU, and read without it only to wait or to hurry.
 *
 * <pre>
 *   look up                            invalidation
 *     seen = sequence                    lock
 *     look at the process's tables         inProgress++, range; drop translations
 *     lock                               unlock
 *       if isStale(seen) begin anew      ... the process's tables change ...
 *       map                              lock
 *     unlock                               sequence++, inProgress--
 *                                        unlock
 * </pre>
 *
 * <p>Source of the behaviour: kvm_mmu_invalidate_start, _range_add, _end and
 * mmu_invalidate_retry_gfn, virt/kvm/kvm_main.c of 6.18.
 */
final class Invalidations {
  private volatile long sequence;
  private volatile int inProgress;
  private volatile long startAddress;
  private volatile long endAddress;

  /** The invalidations that have ended. */
  long sequence() {
    return sequence;
  }

  /** An invalidation begins. */
  @SuppressWarnings("NonAtomicVolatileUpdate") // one writer: the lock
  void begin() {
    if (inProgress == 0) {
      startAddress = Long.MAX_VALUE;
      endAddress = 0;
    }
    inProgress++;
  }

  /** It concerns {@code [guestStart, guestEnd)}. */
  void add(long guestStart, long guestEnd) {
    startAddress = Math.min(startAddress, guestStart);
    endAddress = Math.max(endAddress, guestEnd);
  }

  /** An invalidation ends: what was looked up before it did is stale. */
  @SuppressWarnings("NonAtomicVolatileUpdate") // one writer: the lock
  void end() {
    sequence++;
    inProgress--;
  }

  boolean isUnderWay() {
    return inProgress != 0;
  }

  /** Whether {@code guest} may be under invalidation now. */
  boolean concerns(long guest) {
    return inProgress > 0 && guest >= startAddress && guest < endAddress;
  }

  /** Whether what was looked up for {@code guest} since {@code seen} may no longer hold. */
  boolean isStale(long seen, long guest) {
    return concerns(guest) || sequence != seen;
  }
}
