package dev.elephantfolio.engine.notifier;

import dev.elephantfolio.engine.Errno;
import dev.elephantfolio.engine.MemoryException;
import dev.elephantfolio.engine.mm.AddressSpace;
import dev.elephantfolio.engine.sync.Cpus;
import dev.elephantfolio.engine.sync.LockRank;
import dev.elephantfolio.engine.sync.Mutation;
import dev.elephantfolio.engine.sync.Mutations;
import dev.elephantfolio.engine.sync.RwSemaphore;
import java.util.function.Consumer;

/**
 * Subscribes to the address spaces of one machine and ends subscriptions. Any thread may call, but
 * holding no lock of the memory manager, nor one that the subscriber's own methods take.
 */
public final class NotifierRegistration {
  private final Cpus cpus;
  private final boolean silent;

  /** Who takes all locks of an address space: one at a time. */
  private final RwSemaphore turn = new RwSemaphore(LockRank.ALL_LOCKS);

  public NotifierRegistration(Cpus cpus, Mutations mutations) {
    this.cpus = cpus;
    this.silent = mutations.has(Mutation.NO_NOTIFIER_CALL);
  }

  /** What a new address space tells of itself by. */
  public MmuNotifiers newAddressSpace() {
    return new MmuNotifiers(cpus, silent);
  }

  /**
   * From now on {@code subscriber} is told of everything in {@code mm}, until {@link #unregister}
   * or the end of the address space.
   *
   * @throws MemoryException ESRCH when the address space has ended
   */
  public void register(AddressSpace mm, Subscriber subscriber) {
    underAllLocks(mm, subscriptions -> subscriptions.add(subscriber));
  }

  /** Subscribes to the range of {@code notifier}, which was never inserted before. As above. */
  public void insert(AddressSpace mm, IntervalNotifier notifier) {
    Subscriptions known = mm.notifiers().subscriptions();
    if (known == null || known.intervals() == null) {
      underAllLocks(mm, Subscriptions::ensureIntervals);
      known = mm.notifiers().ensureSubscriptions();
    }
    known.ensureIntervals().insert(notifier);
  }

  private void underAllLocks(AddressSpace mm, Consumer<Subscriptions> change) {
    mm.mmapWriteLock();
    try {
      if (mm.users() == 0) {
        throw new MemoryException(Errno.ESRCH);
      }
      turn.writeLock();
      AllLocks locks = AllLocks.take(mm);
      change.accept(mm.notifiers().ensureSubscriptions());
      locks.release();
      turn.writeUnlock();
    } finally {
      mm.mmapWriteUnlock();
    }
  }

  /**
   * Ends a subscription: calls its {@code release}, and returns when no call of it is under way. Of
   * one that has ended it only waits for the latter.
   */
  public void unregister(AddressSpace mm, Subscriber subscriber) {
    Subscriptions known = mm.notifiers().subscriptions();
    if (known != null) {
      if (known.subscribers().contains(subscriber)) {
        subscriber.release();
      }
      known.remove(subscriber);
    }
  }

  /** Ends the subscription to a range; returns when no call of it is under way. */
  public void remove(AddressSpace mm, IntervalNotifier notifier) {
    Subscriptions known = mm.notifiers().subscriptions();
    IntervalNotifiers intervals = known == null ? null : known.intervals();
    if (intervals != null) {
      intervals.remove(notifier);
    }
  }
}
