package dev.elephantfolio.engine.sync;

import java.lang.invoke.MethodHandles;
import java.lang.invoke.VarHandle;
import java.util.ArrayDeque;
import java.util.concurrent.locks.LockSupport;

/**
 * A lock held by one writer or by many readers, perhaps for long. Not reentrant; whoever waits gets
 * it in the order of asking, neighbouring readers together.
 *
 * <pre>
 *  bits of word | meaning                | set by                   | cleared by
 *  -------------+------------------------+--------------------------+---------------------------
 *  0 WRITER     | held for write         | the writer, or handed on | the writer
 *  1 WAITERS    | the queue is not empty | who queues, under queue  | who hands on, under queue
 *  2..31        | number of readers      | readers, or handed on    | readers
 * </pre>
 *
 * While WAITERS is set nobody takes the lock but those to whom a release hands it.
 *
 * <pre>
 *  field | guarded by
 *  ------+----------------------------------------------
 *  word  | atomic
 *  queue | its own monitor, under which nothing waits
 * </pre>
 */
public final class RwSemaphore {
  private static final VarHandle WORD;

  static {
    try {
      WORD = MethodHandles.lookup().findVarHandle(RwSemaphore.class, "word", int.class);
    } catch (ReflectiveOperationException e) {
      throw new ExceptionInInitializerError(e);
    }
  }

  private static final int WRITER = 1;
  private static final int WAITERS = 2;
  private static final int READER = 4;

  /** One who waits in the queue. */
  private static final class Waiter {
    final Thread thread = Thread.currentThread();
    final boolean write;
    volatile boolean granted;

    Waiter(boolean write) {
      this.write = write;
    }
  }

  private final LockRank rank;
  private final ArrayDeque<Waiter> queue = new ArrayDeque<>(2);
  private volatile int word;

  public RwSemaphore(LockRank rank) {
    this.rank = rank;
  }

  /** Takes the lock for read. No lock of the same or a later rank may be held. */
  public void readLock() {
    if (LockOrder.tracked()) {
      beforeLock(false);
    }
    if (!tryRead()) {
      await(false);
    }
    LockOrder.locked(rank, this, 0, false);
  }

  /** Takes the lock for read if nobody holds it for write or waits for it. */
  public boolean tryReadLock() {
    SyncPoints.reach(SyncPoint.LOCK);
    if (!tryRead()) {
      return false;
    }
    LockOrder.locked(rank, this, 0, false);
    return true;
  }

  public void readUnlock() {
    LockOrder.unlocking(this, 0);
    int after = (int) WORD.getAndAdd(this, -READER) - READER;
    if (after == WAITERS) {
      handOn();
    }
    SyncPoints.reach(SyncPoint.UNLOCK);
  }

  /** Takes the lock for write. No lock of the same or a later rank may be held. */
  public void writeLock() {
    writeLock(false);
  }

  /** Takes the lock for write while others of its rank may be held, by the caller's own order. */
  public void writeLockNested() {
    writeLock(true);
  }

  private void writeLock(boolean nested) {
    if (LockOrder.tracked()) {
      beforeLock(nested);
    }
    if (!tryWrite()) {
      await(true);
    }
    LockOrder.locked(rank, this, 0, true);
  }

  /** Takes the lock for write if nobody holds it or waits for it. */
  public boolean tryWriteLock() {
    SyncPoints.reach(SyncPoint.LOCK);
    if (!tryWrite()) {
      return false;
    }
    LockOrder.locked(rank, this, 0, true);
    return true;
  }

  public void writeUnlock() {
    LockOrder.unlocking(this, 0);
    int after = (int) WORD.getAndAdd(this, -WRITER) - WRITER;
    if (after == WAITERS) {
      handOn();
    }
    SyncPoints.reach(SyncPoint.UNLOCK);
  }

  /** Turns the hold for write into one for read, without letting another writer in between. */
  public void downgrade() {
    LockOrder.assertHeldExclusively(this);
    int after = (int) WORD.getAndAdd(this, READER - WRITER) + READER - WRITER;
    LockOrder.downgraded(this);
    if ((after & WAITERS) != 0) {
      handOn();
    }
    SyncPoints.reach(SyncPoint.UNLOCK);
  }

  /** Whether any thread holds it now, for read or for write. */
  public boolean isLocked() {
    return (word & ~WAITERS) != 0;
  }

  /** Whether any thread holds it for write now. */
  public boolean isWriteLocked() {
    return (word & WRITER) != 0;
  }

  /** Whether anyone waits for it now: a holder of long standing may want to step aside. */
  public boolean isContended() {
    return (word & WAITERS) != 0;
  }

  /**
   * @throws LockOrderError when the order is checked and this thread does not hold it for write
   */
  public void assertWriteHeld() {
    LockOrder.assertHeldExclusively(this);
  }

  /**
   * @throws LockOrderError when the order is checked and this thread does not hold it
   */
  public void assertHeld() {
    LockOrder.assertHeld(this, 0);
  }

  private void beforeLock(boolean nested) {
    LockOrder.beforeLock(rank, this, 0, nested);
    SyncPoints.reach(SyncPoint.LOCK);
  }

  private boolean tryRead() {
    int now = word;
    while ((now & (WRITER | WAITERS)) == 0) {
      int seen = (int) WORD.compareAndExchange(this, now, now + READER);
      if (seen == now) {
        return true;
      }
      now = seen;
    }
    return false;
  }

  private boolean tryWrite() {
    return WORD.compareAndSet(this, 0, WRITER);
  }

  private void await(boolean write) {
    Waiter waiter = new Waiter(write);
    if (enqueue(waiter) && !SyncPoints.block(this, () -> waiter.granted)) {
      park(waiter);
    }
  }

  /** Queues the waiter; or, when the lock came free meanwhile, takes it and returns false. */
  private boolean enqueue(Waiter waiter) {
    synchronized (queue) {
      while (true) {
        if (waiter.write ? tryWrite() : tryRead()) {
          return false;
        }
        if (mark()) {
          queue.add(waiter);
          return true;
        }
      }
    }
  }

  /**
   * Makes sure that WAITERS is set while the lock is held or about to be handed on, so that a
   * release will look at the queue; false when the lock has come free.
   */
  private boolean mark() {
    int now = word;
    return (now & WAITERS) != 0 || (now != 0 && WORD.compareAndSet(this, now, now | WAITERS));
  }

  private static void park(Waiter waiter) {
    boolean interrupted = false;
    while (!waiter.granted) {
      LockSupport.park(waiter);
      interrupted |= Thread.interrupted();
    }
    if (interrupted) {
      Thread.currentThread().interrupt();
    }
  }

  /** Gives the lock to the first who wait, as far as the present holders allow. */
  private void handOn() {
    synchronized (queue) {
      Waiter first;
      while ((first = queue.peek()) != null && grant(first.write)) {
        queue.remove();
        if (queue.isEmpty()) {
          WORD.getAndBitwiseAnd(this, ~WAITERS);
        }
        first.granted = true;
        LockSupport.unpark(first.thread);
      }
    }
  }

  /** Takes the lock in the name of a waiter, past the WAITERS mark. */
  private boolean grant(boolean write) {
    while (true) {
      int now = word;
      if ((now & WRITER) != 0 || (write && now != WAITERS)) {
        return false;
      }
      if (WORD.compareAndSet(this, now, now + (write ? WRITER : READER))) {
        return true;
      }
    }
  }

  @Override
  public String toString() {
    return rank + " " + HeldLocks.name(this, 0);
  }
}
