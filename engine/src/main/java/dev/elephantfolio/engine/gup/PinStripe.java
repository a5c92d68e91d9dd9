package dev.elephantfolio.engine.gup;

import dev.elephantfolio.engine.sync.PaddedBefore;
import dev.elephantfolio.engine.sync.SpinWait;
import java.lang.invoke.MethodHandles;
import java.lang.invoke.VarHandle;
import java.util.Arrays;
import org.jspecify.annotations.Nullable;

/**
 * What one processor's pins leave behind, all of it guarded by {@code lock}, which is no monitor
 * since the head of an object shares a cache line with the object before.
 *
 * <pre>
 *  slots[i]   | meaning
 *  -----------+------------------------------------------------
 *  n &gt; 0      | one page is held: pfn &lt;&lt; 1, and 1 for a pin
 *  n &lt; 0      | free; -n is the next free slot, the length for none
 * </pre>
 *
 * A hold of one page is a number in a slot: to link an object here each time would make the
 * collector's write barriers mark a card that the other processors' stripes share. Holds of more
 * pages are linked; what they cost is spread over the pages.
 */
abstract class PinStripeFields extends PaddedBefore {
  /** The first of the slots in use; those below keep off the array before. */
  static final int FIRST = 16;

  private static final int LENGTH = 128;

  /** 1 while held. */
  volatile int lock;

  long[] slots = freeSlots(new long[LENGTH], FIRST);
  int firstFree = FIRST;

  /** The newest hold of more than one page. */
  @Nullable PinnedPages first;

  static long[] freeSlots(long[] slots, int from) {
    for (int slot = from; slot < slots.length; slot++) {
      slots[slot] = -(slot + 1L);
    }
    return slots;
  }
}

/** One processor's pins; see {@link PinStripeFields}. */
@SuppressWarnings("unused")
final class PinStripe extends PinStripeFields {
  long a0, a1, a2, a3, a4, a5, a6, a7, a8, a9, a10, a11, a12, a13, a14, a15;

  private static final VarHandle LOCK;

  static {
    try {
      LOCK = MethodHandles.lookup().findVarHandle(PinStripeFields.class, "lock", int.class);
    } catch (ReflectiveOperationException e) {
      throw new ExceptionInInitializerError(e);
    }
  }

  private void lock() {
    while (!LOCK.compareAndSet(this, 0, 1)) {
      SpinWait.until(this, () -> lock == 0);
    }
  }

  private void unlock() {
    LOCK.setRelease(this, 0);
  }

  /** Remembers one page; gives the slot. */
  int add(int pfn, boolean pinned) {
    lock();
    int slot = firstFree;
    if (slot == slots.length) {
      slots = freeSlots(Arrays.copyOf(slots, 2 * slot), slot);
    }
    firstFree = (int) -slots[slot];
    slots[slot] = Integer.toUnsignedLong(pfn) << 1 | (pinned ? 1 : 0);
    unlock();
    return slot;
  }

  /** Forgets the page in the slot. */
  void remove(int slot) {
    lock();
    slots[slot] = -(long) firstFree;
    firstFree = slot;
    unlock();
  }

  /** Remembers several pages. */
  void add(PinnedPages pages) {
    lock();
    PinnedPages old = first;
    pages.next = old;
    if (old != null) {
      old.previous = pages;
    }
    first = pages;
    unlock();
  }

  /** Forgets them. */
  void remove(PinnedPages pages) {
    lock();
    PinnedPages before = pages.previous;
    PinnedPages after = pages.next;
    if (before == null) {
      first = after;
    } else {
      before.next = after;
    }
    if (after != null) {
      after.previous = before;
    }
    unlock();
  }

  /** Visits all holds. */
  void forEachHold(Pins.Visitor visitor) {
    lock();
    for (int slot = FIRST; slot < slots.length; slot++) {
      if (slots[slot] > 0) {
        visitor.visit((int) (slots[slot] >>> 1), 1, (slots[slot] & 1) != 0);
      }
    }
    for (PinnedPages at = first; at != null; at = at.next) {
      boolean pinned = at.isPinned();
      at.forEachHold((page, holds) -> visitor.visit(page, holds, pinned));
    }
    unlock();
  }
}
