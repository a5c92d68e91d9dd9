package dev.elephantfolio.engine.secondary;

import dev.elephantfolio.engine.sync.SyncPlace;
import dev.elephantfolio.engine.sync.SyncPoint;
import dev.elephantfolio.engine.sync.SyncPoints;

/**
 * What a secondary MMU knows of invalidations of its guest's memory, by which whoever looked a page
 * up finds out whether it still holds.
 *
 * <p>Several invalidations at once are remembered as one range around them all. Everything is
 * written under the lock of the secondary MMU, and read without it only to begin or to wait.
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
 * <p>The last invalidation is the release: nothing may be mapped after it.
 *
 * <p>Source of the behaviour: kvm_mmu_invalidate_start, _range_add, _end and
 * mmu_invalidate_retry_gfn, virt/kvm/kvm_main.c of 6.18.
 */
final class Invalidations implements SyncPlace {
  /** The parts of this place. */
  private static final int SEQUENCE = 0;

  private static final int IN_PROGRESS = 1;
  private static final int RELEASED = 2;

  private final long syncId = SyncPoints.newId();
  private volatile long sequence;
  private volatile int inProgress;
  private volatile long startAddress;
  private volatile long endAddress;
  private volatile boolean released;

  /** The invalidations that have ended. Needs no lock. */
  long sequence() {
    SyncPoints.reach(SyncPoint.LOAD, this, SEQUENCE);
    long now = sequence;
    SyncPoints.read(this, SEQUENCE, now);
    return now;
  }

  /** An invalidation begins. */
  @SuppressWarnings("NonAtomicVolatileUpdate") // one writer: the lock
  void begin() {
    if (inProgress == 0) {
      startAddress = Long.MAX_VALUE;
      endAddress = 0;
    }
    SyncPoints.reach(SyncPoint.STORE, this, IN_PROGRESS);
    SyncPoints.changed(this, IN_PROGRESS, inProgress, inProgress + 1L);
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
    SyncPoints.reach(SyncPoint.STORE, this, SEQUENCE);
    SyncPoints.changed(this, SEQUENCE, sequence, sequence + 1);
    sequence++;
    SyncPoints.reach(SyncPoint.STORE, this, IN_PROGRESS);
    SyncPoints.changed(this, IN_PROGRESS, inProgress, inProgress - 1L);
    inProgress--;
  }

  /** All that was mapped must go and stay away. */
  void release() {
    SyncPoints.reach(SyncPoint.STORE, this, RELEASED);
    SyncPoints.changed(this, RELEASED, released ? 1 : 0, 1);
    released = true;
  }

  /** Whether there is nothing to be had any more. Needs no lock. */
  boolean isReleased() {
    SyncPoints.reach(SyncPoint.LOAD, this, RELEASED);
    boolean now = released;
    SyncPoints.read(this, RELEASED, now ? 1 : 0);
    return now;
  }

  boolean isUnderWay() {
    return inProgress != 0;
  }

  /** Whether {@code guest} may be under invalidation now; without the lock, only to wait. */
  boolean concerns(long guest) {
    return inProgress > 0 && guest >= startAddress && guest < endAddress;
  }

  /** Whether what was looked up for {@code guest} since {@code seen} may no longer hold. */
  boolean isStale(long seen, long guest) {
    return released || concerns(guest) || sequence != seen;
  }

  @Override
  public long syncId() {
    return syncId;
  }

  @Override
  public String describePlace(long index) {
    return switch ((int) index) {
      case SEQUENCE -> "the guest's invalidation sequence";
      case IN_PROGRESS -> "the guest's invalidations in progress";
      default -> "whether the guest is released";
    };
  }
}
