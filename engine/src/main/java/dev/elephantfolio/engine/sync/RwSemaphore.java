package dev.elephantfolio.engine.sync;

import java.lang.invoke.MethodHandles;
import java.lang.invoke.VarHandle;
import java.util.ArrayDeque;
import java.util.concurrent.locks.LockSupport;

/** The word of a lock, off the cache lines of whatever lies before. */
abstract class RwSemaphoreWord extends PaddedBefore {
  volatile int word;
}

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
@SuppressWarnings("unused")
public final class RwSemaphore extends RwSemaphoreWord implements SyncPlace {
  private static final VarHandle WORD;

  static {
    try {
      WORD = MethodHandles.lookup().findVarHandle(RwSemaphoreWord.class, "word", int.class);
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

  /** The parts of this place: the word; who waits; what it guards. */
  private static final long STATE = 0;

  private static final long QUEUE = 1;
  private static final long GUARDED = 2;

  private final LockRank rank;
  private final long syncId = SyncPoints.newId();
  private final ArrayDeque<Waiter> queue = new ArrayDeque<>(2);
  private long a0, a1, a2, a3, a4, a5, a6, a7, a8, a9, a10, a11, a12, a13, a14, a15;

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
    SyncPoints.readState(this, GUARDED);
    LockOrder.locked(rank, this, 0, false);
  }

  /** Takes the lock for read if nobody holds it for write or waits for it. */
  public boolean tryReadLock() {
    if (!LockOrder.tracked()) {
      return tryRead();
    }
    SyncPoints.reach(SyncPoint.TRY_LOCK, this, STATE);
    boolean taken = tryRead();
    SyncPoints.read(this, STATE, taken ? 0 : 1);
    if (!taken) {
      return false;
    }
    SyncPoints.readState(this, GUARDED);
    LockOrder.locked(rank, this, 0, false);
    return true;
  }

  public void readUnlock() {
    if (LockOrder.tracked()) {
      SyncPoints.reach(SyncPoint.UNLOCK, this, STATE);
      // What is guarded may change under other locks beside this one.
      SyncPoints.addedState(this, GUARDED);
      LockOrder.unlocking(this, 0);
    }
    if (add(-READER) == WAITERS) {
      handOn();
    }
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
    SyncPoints.readState(this, GUARDED);
    LockOrder.locked(rank, this, 0, true);
  }

  /** Takes the lock for write if nobody holds it or waits for it. */
  public boolean tryWriteLock() {
    SyncPoints.reach(SyncPoint.TRY_LOCK, this, STATE);
    boolean taken = tryWrite();
    SyncPoints.read(this, STATE, taken ? 0 : 1);
    if (!taken) {
      return false;
    }
    SyncPoints.readState(this, GUARDED);
    LockOrder.locked(rank, this, 0, true);
    return true;
  }

  public void writeUnlock() {
    SyncPoints.reach(SyncPoint.UNLOCK, this, STATE);
    SyncPoints.changedState(this, GUARDED);
    LockOrder.unlocking(this, 0);
    if (add(-WRITER) == WAITERS) {
      handOn();
    }
  }

  /** Turns the hold for write into one for read, without letting another writer in between. */
  public void downgrade() {
    SyncPoints.reach(SyncPoint.UNLOCK, this, STATE);
    SyncPoints.changedState(this, GUARDED);
    LockOrder.assertHeldExclusively(this);
    int after = add(READER - WRITER);
    LockOrder.downgraded(this);
    if ((after & WAITERS) != 0) {
      handOn();
    }
  }

  /** Adds to the word and gives what it is then. */
  private int add(int change) {
    int before = (int) WORD.getAndAdd(this, change);
    SyncPoints.changed(this, STATE, before, before + change);
    return before + change;
  }

  /** Whether any thread holds it now, for read or for write. */
  public boolean isLocked() {
    return (word & ~WAITERS) != 0;
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
    SyncPoints.reach(SyncPoint.LOCK, this, STATE);
  }

  private boolean tryRead() {
    int now = word;
    while ((now & (WRITER | WAITERS)) == 0) {
      int seen = (int) WORD.compareAndExchange(this, now, now + READER);
      if (seen == now) {
        SyncPoints.changed(this, STATE, now, now + READER);
        return true;
      }
      now = seen;
    }
    return false;
  }

  private boolean tryWrite() {
    boolean taken = WORD.compareAndSet(this, 0, WRITER);
    if (taken) {
      SyncPoints.changed(this, STATE, 0, WRITER);
    }
    return taken;
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
          SyncPoints.changedState(this, QUEUE);
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
    if ((now & WAITERS) != 0) {
      return true;
    }
    boolean marked = now != 0 && WORD.compareAndSet(this, now, now | WAITERS);
    if (marked) {
      SyncPoints.changed(this, STATE, now, now | WAITERS);
    }
    return marked;
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
        SyncPoints.changedState(this, QUEUE);
        if (queue.isEmpty()) {
          int before = (int) WORD.getAndBitwiseAnd(this, ~WAITERS);
          SyncPoints.changed(this, STATE, before, before & ~WAITERS);
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
      int after = now + (write ? WRITER : READER);
      if (WORD.compareAndSet(this, now, after)) {
        SyncPoints.changed(this, STATE, now, after);
        return true;
      }
    }
  }

  @Override
  public long syncId() {
    return syncId;
  }

  @Override
  public String describePlace(long index) {
    return rank.label() + "_lock";
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
