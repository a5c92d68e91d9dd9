package dev.elephantfolio.engine.notifier;

import dev.elephantfolio.engine.sync.LockRank;
import dev.elephantfolio.engine.sync.SpinLock;
import dev.elephantfolio.engine.sync.SpinWait;
import java.util.ArrayList;
import java.util.Arrays;
import java.util.List;

/**
 * The subscriptions to ranges of one address space.
 *
 * <pre>
 *  invalidations | sequence | means
 *  --------------+----------+---------------------------------------------------------------
 *  0             | even     | at rest
 *  1 or more     | even     | something is invalidated that nobody subscribed to
 *  1 or more     | odd      | somebody was told; the set of subscriptions stays as it is, and
 *                |          | who comes or leaves does so when the last invalidation ends
 * </pre>
 *
 * <pre>
 *  field                                 | guarded by
 *  --------------------------------------+-------------------------------------
 *  invalidations, inserted, coming, going | lock
 *  sequence                              | lock for writing; read by who waits
 * </pre>
 */
final class IntervalNotifiers {
  private static final IntervalNotifier[] NONE = {};

  private final SpinLock lock = new SpinLock(LockRank.NOTIFIER_LIST);
  private final List<IntervalNotifier> coming = new ArrayList<>();
  private final List<IntervalNotifier> going = new ArrayList<>();
  private IntervalNotifier[] inserted = NONE;
  private int invalidations;
  private volatile long sequence = 2;

  private boolean isTelling() {
    return (sequence & 1) != 0;
  }

  /** Begins an invalidation and tells whom it concerns. */
  void start(InvalidateRange range) {
    lock.lock();
    invalidations++;
    IntervalNotifier[] told = concerns(range) ? inserted : NONE;
    if (told.length != 0) {
      sequence |= 1;
    }
    long now = sequence;
    lock.unlock();
    for (IntervalNotifier notifier : told) {
      if (range.intersects(notifier.startAddress(), notifier.endAddress())) {
        notifier.invalidate(range, now);
      }
    }
  }

  private boolean concerns(InvalidateRange range) {
    for (IntervalNotifier notifier : inserted) {
      if (range.intersects(notifier.startAddress(), notifier.endAddress())) {
        return true;
      }
    }
    return false;
  }

  /** Ends an invalidation. */
  @SuppressWarnings("NonAtomicVolatileUpdate") // one writer: the lock
  void end() {
    lock.lock();
    invalidations--;
    if (invalidations == 0 && isTelling()) {
      sequence++;
      coming.forEach(this::add);
      going.forEach(this::take);
      coming.clear();
      going.clear();
    }
    lock.unlock();
  }

  /** Adds a subscription: at once, or when those who are being told now have been. */
  void insert(IntervalNotifier notifier) {
    lock.lock();
    if (invalidations == 0) {
      notifier.insertInto(this, sequence - 1);
      add(notifier);
    } else {
      // Nobody knows whether what goes on concerns it, so it does.
      if (isTelling()) {
        coming.add(notifier);
      } else {
        sequence |= 1;
        add(notifier);
      }
      notifier.insertInto(this, sequence);
    }
    lock.unlock();
  }

  /** Takes a subscription away; returns when nobody tells it anything any more. */
  void remove(IntervalNotifier notifier) {
    lock.lock();
    boolean wait = isTelling() && !coming.remove(notifier);
    long seen = sequence;
    if (wait) {
      going.add(notifier);
    } else {
      take(notifier);
    }
    lock.unlock();
    if (wait) {
      SpinWait.until(this, () -> sequence != seen);
    }
  }

  /** As {@link Subscriber#check} for everybody. */
  void check() {
    if (invalidations != 0) {
      throw new IllegalStateException(invalidations + " invalidations have no end");
    }
    for (IntervalNotifier notifier : inserted) {
      notifier.check();
    }
  }

  private void add(IntervalNotifier notifier) {
    inserted = Arrays.copyOf(inserted, inserted.length + 1);
    inserted[inserted.length - 1] = notifier;
  }

  private void take(IntervalNotifier notifier) {
    List<IntervalNotifier> left = new ArrayList<>(Arrays.asList(inserted));
    left.remove(notifier);
    inserted = left.toArray(NONE);
  }

  /** What {@link IntervalNotifier#readBegin} says. */
  long readBegin(IntervalNotifier notifier) {
    lock.lock();
    long seen = notifier.sequence();
    boolean colliding = seen == sequence;
    lock.unlock();
    if (colliding) {
      SpinWait.until(this, () -> sequence != seen);
    }
    return seen;
  }
}
