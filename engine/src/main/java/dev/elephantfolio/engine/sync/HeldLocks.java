package dev.elephantfolio.engine.sync;

import java.util.ArrayList;
import java.util.List;

/** The locks one thread holds, in the order it took them. Used by that thread alone. */
final class HeldLocks {
  /** One held lock: an object, or number {@code id} of a table of them. */
  private record Held(LockRank rank, Object lock, long id, boolean exclusive) {
    @SuppressWarnings("ReferenceEquality") // this very lock
    boolean is(Object otherLock, long otherId) {
      return lock == otherLock && id == otherId;
    }

    @Override
    public String toString() {
      return rank + " " + name(lock, id) + (exclusive ? "" : " (read)");
    }
  }

  private final List<Held> held = new ArrayList<>();

  int count() {
    return held.size();
  }

  void checkOrder(LockRank rank, Object lock, long id, boolean nested) {
    for (Held other : held) {
      if (other.is(lock, id)) {
        throw new LockOrderError("takes what it holds already: " + other + "; holds " + held);
      }
      int difference = other.rank.compareTo(rank);
      if (difference > 0 || (difference == 0 && !nested)) {
        throw new LockOrderError(
            "takes " + rank + " " + name(lock, id) + " after " + other + "; holds " + held);
      }
    }
  }

  void push(LockRank rank, Object lock, long id, boolean exclusive) {
    held.add(new Held(rank, lock, id, exclusive));
  }

  boolean remove(Object lock, long id) {
    int index = lastIndexOf(lock, id);
    if (index < 0) {
      return false;
    }
    held.remove(index);
    return true;
  }

  void downgrade(Object lock) {
    int index = lastIndexOf(lock, 0);
    if (index >= 0) {
      Held was = held.get(index);
      held.set(index, new Held(was.rank, was.lock, was.id, false));
    }
  }

  boolean holds(Object lock, long id, boolean exclusively) {
    int index = lastIndexOf(lock, id);
    return index >= 0 && (!exclusively || held.get(index).exclusive);
  }

  private int lastIndexOf(Object lock, long id) {
    for (int index = held.size() - 1; index >= 0; index--) {
      if (held.get(index).is(lock, id)) {
        return index;
      }
    }
    return -1;
  }

  /** Forgets everything: the thread was abandoned in the middle. */
  void clear() {
    held.clear();
  }

  /** A name for a lock in messages: stable within a run of the program. */
  static String name(Object lock, long id) {
    String table = lock.getClass().getSimpleName() + "@" + Integer.toHexString(lockHash(lock));
    return id == 0 ? table : table + "[" + id + "]";
  }

  private static int lockHash(Object lock) {
    return System.identityHashCode(lock);
  }

  @Override
  public String toString() {
    return held.toString();
  }
}
