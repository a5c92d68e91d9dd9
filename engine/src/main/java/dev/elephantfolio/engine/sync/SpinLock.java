package dev.elephantfolio.engine.sync;

import java.lang.invoke.MethodHandles;
import java.lang.invoke.VarHandle;

/**
 * A lock held for a short time, by one thread; not reentrant, not fair.
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
public final class SpinLock {
  private static final VarHandle HELD;

  static {
    try {
      HELD = MethodHandles.lookup().findVarHandle(SpinLock.class, "held", int.class);
    } catch (ReflectiveOperationException e) {
      throw new ExceptionInInitializerError(e);
    }
  }

  private final LockRank rank;
  private volatile int held;

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
    SyncPoints.reach(SyncPoint.LOCK);
    if (!HELD.compareAndSet(this, 0, 1)) {
      return false;
    }
    LockOrder.locked(rank, this, 0, true);
    return true;
  }

  public void unlock() {
    LockOrder.unlocking(this, 0);
    HELD.setRelease(this, 0);
    SyncPoints.reach(SyncPoint.UNLOCK);
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
    SyncPoints.reach(SyncPoint.LOCK);
    if (!HELD.compareAndSet(this, 0, 1)) {
      lockContended();
    }
    LockOrder.locked(rank, this, 0, true);
  }

  private void lockContended() {
    do {
      SpinWait.until(this, () -> !isLocked());
    } while (!HELD.compareAndSet(this, 0, 1));
  }

  @Override
  public String toString() {
    return rank + " " + HeldLocks.name(this, 0);
  }
}
