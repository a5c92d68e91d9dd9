package dev.elephantfolio.engine.sync;

import java.lang.invoke.MethodHandles;
import java.lang.invoke.VarHandle;

/** A cache line between a lock's word and what lies before the lock in memory. */
@SuppressWarnings("unused")
abstract class SpinLockGap {
  /** Beside the head of the object, where the word would be put else. */
  private int gap;

  private long b0, b1, b2, b3, b4, b5, b6, b7;
}

/** The word of a lock, which the JVM puts between the fields of the classes above and below. */
abstract class SpinLockWord extends SpinLockGap {
  volatile int held;
}

/**
 * A lock held for a short time, by one thread; not reentrant, not fair. It shares its cache line
 * with nothing: where the collector puts it is chance, and may be beside what all threads read.
 *
 * <p>Taking it free is one compare-and-set, releasing it one store. Who must wait does so by {@link
 * SpinWait}.
 *
 * <pre>
 *  held | meaning | goes to
 *  -----+---------+---------------------------
 *  0    | free    | 1 by whoever takes it
 *  1    | held    | 0 by the holder
 * </pre>
 */
@SuppressWarnings("unused")
public final class SpinLock extends SpinLockWord implements SyncPlace {
  private static final VarHandle HELD;

  static {
    try {
      HELD = MethodHandles.lookup().findVarHandle(SpinLockWord.class, "held", int.class);
    } catch (ReflectiveOperationException e) {
      throw new ExceptionInInitializerError(e);
    }
  }

  /** The parts of this place: whether it is held; what it guards. */
  private static final long STATE = 0;

  private static final long GUARDED = 1;

  private final LockRank rank;
  private final long syncId = SyncPoints.newId();
  private long a0, a1, a2, a3, a4, a5, a6, a7;

  public SpinLock(LockRank rank) {
    this.rank = rank;
  }

  /** Takes the lock. No lock of the same or a later rank may be held. */
  public void lock() {
    if (LockOrder.tracked()) {
      lockTracked(false);
    } else if (!HELD.compareAndSet(this, 0, 1)) {
      lockContended();
    }
  }

  /** Takes the lock while others of its rank may be held; the caller has an order among them. */
  public void lockNested() {
    if (LockOrder.tracked()) {
      lockTracked(true);
    } else if (!HELD.compareAndSet(this, 0, 1)) {
      lockContended();
    }
  }

  /** Takes the lock if it is free now; whatever else is held. */
  public boolean tryLock() {
    SyncPoints.reach(SyncPoint.TRY_LOCK, this, STATE);
    boolean taken = HELD.compareAndSet(this, 0, 1);
    SyncPoints.read(this, STATE, taken ? 0 : 1);
    if (taken) {
      tellLocked();
      LockOrder.locked(rank, this, 0, true);
    }
    return taken;
  }

  public void unlock() {
    if (LockOrder.tracked()) {
      SyncPoints.reach(SyncPoint.UNLOCK, this, STATE);
      SyncPoints.changedState(this, GUARDED);
      SyncPoints.changed(this, STATE, 1, 0);
      LockOrder.unlocking(this, 0);
    }
    HELD.setRelease(this, 0);
  }

  private void tellLocked() {
    SyncPoints.changed(this, STATE, 0, 1);
    SyncPoints.readState(this, GUARDED);
  }

  /** Whether any thread holds it now. */
  public boolean isLocked() {
    return held != 0;
  }

  /**
   * @throws LockOrderError when the order is checked and this thread does not hold it
   */
  public void assertHeld() {
    LockOrder.assertHeld(this, 0);
  }

  private void lockTracked(boolean nested) {
    LockOrder.beforeLock(rank, this, 0, nested);
    SyncPoints.reach(SyncPoint.LOCK, this, STATE);
    if (!HELD.compareAndSet(this, 0, 1)) {
      lockContended();
    }
    tellLocked();
    LockOrder.locked(rank, this, 0, true);
  }

  private void lockContended() {
    do {
      SpinWait.until(this, () -> !isLocked());
    } while (!HELD.compareAndSet(this, 0, 1));
  }

  @Override
  public long syncId() {
    return syncId;
  }

  @Override
  public String describePlace(long index) {
    return "the " + rank.label() + " lock";
  }

  @Override
  public String describeValue(long index, long value) {
    return value == 0 ? "free" : "held";
  }

  @Override
  public String toString() {
    return rank + " " + HeldLocks.name(this, 0);
  }
}
