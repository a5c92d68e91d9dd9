package dev.elephantfolio.engine.thp;

import dev.elephantfolio.engine.mm.AddressSpace;
import dev.elephantfolio.engine.sync.LockRank;
import dev.elephantfolio.engine.sync.SpinLock;
import java.util.IdentityHashMap;
import org.jspecify.annotations.Nullable;

/**
 * The address spaces that khugepaged visits, in the order they came, and the one it is at.
 *
 * <pre>
 *  field                | guarded by
 *  ---------------------+-----------
 *  slots, links, cursor | lock
 * </pre>
 *
 * A new address space goes to the end: the last place the cursor comes to, so that it has time to
 * settle. The one under the cursor is only taken out by the scan itself.
 */
final class MmSlots {
  /** A place in the list. */
  static final class Slot {
    final AddressSpace mm;
    private @Nullable Slot previous;
    private @Nullable Slot next;

    Slot(AddressSpace mm) {
      this.mm = mm;
    }
  }

  /** What {@link #remove} found. */
  enum Removal {
    REMOVED,
    BEING_SCANNED,
    ABSENT
  }

  private final SpinLock lock = new SpinLock(LockRank.KHUGEPAGED_MM);
  private final IdentityHashMap<AddressSpace, Slot> slots = new IdentityHashMap<>();
  private @Nullable Slot first;
  private @Nullable Slot last;
  private @Nullable Slot cursor;

  /** Appends {@code mm}; true when the list was empty. */
  boolean add(AddressSpace mm) {
    Slot slot = new Slot(mm);
    lock.lock();
    boolean wasEmpty = first == null;
    slots.put(mm, slot);
    slot.previous = last;
    if (last == null) {
      first = slot;
    } else {
      last.next = slot;
    }
    last = slot;
    lock.unlock();
    return wasEmpty;
  }

  /** Takes {@code mm} out, unless the cursor is at it. */
  Removal remove(AddressSpace mm) {
    lock.lock();
    Slot slot = slots.get(mm);
    Removal removal = Removal.ABSENT;
    if (slot != null && slot == cursor) {
      removal = Removal.BEING_SCANNED;
    } else if (slot != null) {
      unlink(slot);
      removal = Removal.REMOVED;
    }
    lock.unlock();
    return removal;
  }

  private void unlink(Slot slot) {
    slots.remove(slot.mm);
    if (slot.previous == null) {
      first = slot.next;
    } else {
      slot.previous.next = slot.next;
    }
    if (slot.next == null) {
      last = slot.previous;
    } else {
      slot.next.previous = slot.previous;
    }
  }

  boolean isEmpty() {
    lock.lock();
    boolean empty = first == null;
    lock.unlock();
    return empty;
  }

  /** The slot that the cursor is at; null when it is at none. */
  @Nullable Slot cursor() {
    lock.lock();
    Slot at = cursor;
    lock.unlock();
    return at;
  }

  /** Moves the cursor to the first slot; null when there is none. */
  @Nullable Slot toFirst() {
    lock.lock();
    cursor = first;
    Slot at = cursor;
    lock.unlock();
    return at;
  }

  /**
   * Moves the cursor on from its slot, which leaves the list if its address space ended.
   *
   * @return the next slot; null when the list is through, and the cursor at none
   */
  @Nullable Slot toNext() {
    lock.lock();
    Slot done = cursor;
    cursor = done == null ? null : done.next;
    if (done != null && Collapse.isExiting(done.mm)) {
      unlink(done);
    }
    Slot at = cursor;
    lock.unlock();
    return at;
  }

  /** Takes the cursor off its slot: khugepaged stops. */
  void leave() {
    lock.lock();
    Slot left = cursor;
    cursor = null;
    if (left != null && Collapse.isExiting(left.mm)) {
      unlink(left);
    }
    lock.unlock();
  }
}
