package dev.elephantfolio.engine.folio;

import dev.elephantfolio.engine.frame.MemMap;
import dev.elephantfolio.engine.stat.NodeStat;
import dev.elephantfolio.engine.stat.NodeStats;
import java.lang.invoke.VarHandle;

/**
 * How get_user_pages holds folios: by plain references (FOLL_GET), or by pins (FOLL_PIN), which
 * fork, split and reclaim can tell from the rest.
 *
 * <pre>
 *  folio      | a get adds      | a pin adds
 *  -----------+-----------------+-----------------------------------------
 *  small      | 1 to refCount   | PIN_COUNTING_BIAS to refCount
 *  large      | 1 to refCount   | 1 to refCount and 1 to pinCount
 *  zero page  | 1 to refCount   | nothing: it goes nowhere
 * </pre>
 *
 * Both are of single pages: whoever holds ten pages of a folio holds it ten times. A held folio is
 * not freed, split or merged, so it stays the folio of its pages. Any thread may call anything
 * here. Behaviour: try_grab_folio, try_grab_folio_fast and gup_put_folio, mm/gup.c of 6.18.
 */
public final class FolioPins {
  /** A small folio with this many references may be pinned: GUP_PIN_COUNTING_BIAS. */
  public static final int PIN_COUNTING_BIAS = 1024;

  /** Beyond this many references no more are given: the count must never come near its sign. */
  private static final int REFERENCES_MAX = 1 << 30;

  /** An order-1 folio has room for fewer pins ({@link MemMap#addPinCount}). */
  private static final int REFERENCES_MAX_ORDER_1 = (1 << 20) - 1;

  private final MemMap memMap;
  private final Folios folios;
  private final NodeStats stats;
  private final int zeroPfn;

  /**
   * @param zeroPfn the frame of zeroes that read faults map
   */
  public FolioPins(MemMap memMap, Folios folios, NodeStats stats, int zeroPfn) {
    this.memMap = memMap;
    this.folios = folios;
    this.stats = stats;
    this.zeroPfn = zeroPfn;
  }

  /** Whether pins of the page are not counted. */
  public boolean isUncounted(int page) {
    return page == zeroPfn;
  }

  /** How many references one hold of {@code head} is made of. */
  public int referencesOfOne(int head, boolean pinned) {
    return pinned && !memMap.isLarge(head) ? PIN_COUNTING_BIAS : 1;
  }

  /**
   * Holds {@code pages} pages of a folio that cannot go meanwhile: the caller has a reference, or
   * locks a table that maps it.
   *
   * @return false when it is held too often already
   */
  public boolean hold(int head, int pages, boolean pinned) {
    if (pinned && isUncounted(head)) {
      return true;
    }
    if (isFull(head, pages, pinned)) {
      return false;
    }
    if (pinned && memMap.isLarge(head)) {
      memMap.get(head, pages);
      memMap.addPinCount(head, pages);
    } else {
      memMap.get(head, pages * referencesOfOne(head, pinned));
    }
    countAcquired(pages, pinned);
    return true;
  }

  private boolean isFull(int head, int pages, boolean pinned) {
    int max = memMap.order(head) == 1 ? REFERENCES_MAX_ORDER_1 : REFERENCES_MAX;
    return memMap.refCount(head) > max - pages * referencesOfOne(head, pinned);
  }

  /**
   * Holds {@code pages} pages, the first of them {@code page}, of a folio that may be free, split
   * or another's by now. Needs no lock. Afterwards the caller must look again whether the entry it
   * came by still stands, and release if not.
   *
   * @return the folio's head; 0 when there is none to be had
   */
  public int tryHold(int page, int pages, boolean pinned) {
    if (pinned && isUncounted(page)) {
      return page;
    }
    int head = tryGet(page, pages);
    if (head == 0) {
      return 0;
    }
    if (pinned && !tryPin(head, pages)) {
      folios.put(head, pages);
      return 0;
    }
    // Whoever takes an exclusive mark away clears the entry first and looks for pins then; here the
    // pin comes first and the look at the entry then. One of the two sees the other.
    VarHandle.fullFence();
    countAcquired(pages, pinned);
    return head;
  }

  /** Turns plain references into pins. */
  private boolean tryPin(int head, int pages) {
    if (isFull(head, pages, true)) {
      return false;
    }
    if (memMap.isLarge(head)) {
      memMap.addPinCount(head, pages);
    } else {
      memMap.get(head, pages * (PIN_COUNTING_BIAS - 1));
    }
    return true;
  }

  /** References to whatever folio {@code page} is in, once they are there. */
  private int tryGet(int page, int references) {
    while (true) {
      int head = memMap.head(page);
      if (!memMap.tryGet(head, references)) {
        return 0;
      }
      // The folio may have been split before the references were had.
      if (memMap.head(page) == head) {
        return head;
      }
      folios.put(head, references);
    }
  }

  /** Lets go of {@code pages} pages of {@code head}; the last reference frees the folio. */
  public void release(int head, int pages, boolean pinned) {
    if (!pinned) {
      folios.put(head, pages);
      return;
    }
    if (isUncounted(head)) {
      return;
    }
    stats.add(NodeStat.NR_FOLL_PIN_RELEASED, pages);
    int references = pages * referencesOfOne(head, true);
    if (memMap.isLarge(head)) {
      memMap.addPinCount(head, -pages);
    }
    folios.put(head, references);
  }

  private void countAcquired(int pages, boolean pinned) {
    if (pinned) {
      stats.add(NodeStat.NR_FOLL_PIN_ACQUIRED, pages);
    }
  }
}
