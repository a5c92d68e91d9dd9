package dev.elephantfolio.engine.frame;

import static dev.elephantfolio.engine.frame.FrameBlock.INT;

import dev.elephantfolio.engine.sync.SyncPoint;
import org.jspecify.annotations.Nullable;

/**
 * Flags and order of every frame and folio, which share a word; each flag changes atomically. Who
 * may change which is {@link FolioFlags}' and {@link PageFlag}'s to say, and the order is whoever's
 * who owns the frames, or froze the folio.
 */
public abstract sealed class FrameFlags extends WatchedFrames permits MemMap {
  FrameFlags(long frames) {
    super(frames);
  }

  /** The folio's flags and order, as they are at some moment. */
  public int flags(int head) {
    return load(head, FrameBlock.FLAGS);
  }

  /** Those of the flags of {@code mask} that are set. */
  public int flags(int head, int mask) {
    reachFlags(SyncPoint.LOAD, head, mask);
    int set = load(head, FrameBlock.FLAGS) & mask;
    tellFlagsRead(head, mask, set);
    return set;
  }

  /** Whether any flag of {@code mask} is set. */
  public boolean testFlag(int head, int mask) {
    return flags(head, mask) != 0;
  }

  public void setFlag(int head, int mask) {
    reachFlags(SyncPoint.FLAG, head, mask);
    int before = fetchOr(head, FrameBlock.FLAGS, mask);
    FramePart.tellFlags(this, head, before, before | mask);
  }

  public void clearFlag(int head, int mask) {
    reachFlags(SyncPoint.FLAG, head, mask);
    int before = fetchAnd(head, FrameBlock.FLAGS, ~mask);
    FramePart.tellFlags(this, head, before, before & ~mask);
  }

  /** Sets the flag; whether it was set before. */
  public boolean testAndSetFlag(int head, int mask) {
    reachFlags(SyncPoint.FLAG, head, mask);
    int before = fetchOr(head, FrameBlock.FLAGS, mask);
    tellFlagsRead(head, mask, before & mask);
    FramePart.tellFlags(this, head, before, before | mask);
    return (before & mask) != 0;
  }

  /** Clears the flag; whether it was set before. */
  public boolean testAndClearFlag(int head, int mask) {
    return (getAndClearFlags(head, mask) & mask) != 0;
  }

  /** Clears flags and returns all that were set before. */
  public int getAndClearFlags(int head, int mask) {
    reachFlags(SyncPoint.FLAG, head, mask);
    int before = fetchAnd(head, FrameBlock.FLAGS, ~mask);
    tellFlagsRead(head, mask, before & mask);
    FramePart.tellFlags(this, head, before, before & ~mask);
    return before;
  }

  /** Sets flags without atomicity, on a folio that nobody else can see yet. */
  public void setFlagUnshared(int head, int mask) {
    int before = load(head, FrameBlock.FLAGS);
    store(head, FrameBlock.FLAGS, before | mask);
    FramePart.tellFlags(this, head, before, before | mask);
  }

  // Of single pages.

  /** Whether the page has the {@link PageFlag}. */
  public boolean testPageFlag(int pfn, int mask) {
    reachFlags(SyncPoint.LOAD, pfn, mask);
    boolean set = (pageFlags(pfn) & mask) != 0;
    tellFlagsRead(pfn, mask, set ? mask : 0);
    return set;
  }

  private int pageFlags(int pfn) {
    FrameBlock block = pageBlock(pfn);
    if (block != null) {
      return (int) INT.getAcquire(block.ints, FrameBlock.base(pfn));
    }
    return (pfn & FrameBlock.FRAME_MASK) == 0 ? flags(pfn) : 0;
  }

  /** Sets a {@link PageFlag}; on a whole folio it gives the pages room for flags when needed. */
  public void setPageFlag(int pfn, int mask) {
    reachFlags(SyncPoint.FLAG, pfn, mask);
    int before =
        individual(pfn) != null || (pfn & FrameBlock.FRAME_MASK) == 0
            ? fetchOr(pfn, FrameBlock.FLAGS, mask)
            : (int) INT.getAndBitwiseOr(block(pfn).ints, FrameBlock.base(pfn), mask);
    FramePart.tellFlags(this, pfn, before, before | mask);
  }

  public void clearPageFlag(int pfn, int mask) {
    reachFlags(SyncPoint.FLAG, pfn, mask);
    FrameBlock block = pageBlock(pfn);
    int before = 0;
    if (block != null) {
      before = (int) INT.getAndBitwiseAnd(block.ints, FrameBlock.base(pfn), ~mask);
    } else if ((pfn & FrameBlock.FRAME_MASK) == 0) {
      before = fetchAnd(pfn, FrameBlock.FLAGS, ~mask);
    }
    FramePart.tellFlags(this, pfn, before, before & ~mask);
  }

  /** Where the page flags of {@code pfn} lie, unless that is in the record, or nowhere (clear). */
  private @Nullable FrameBlock pageBlock(int pfn) {
    FrameBlock block = blockOrNull(pfn);
    boolean own = block != null && ((pfn & FrameBlock.FRAME_MASK) != 0 || block.individual);
    return own ? block : null;
  }

  // Shape.

  /** The order of the folio that {@code pfn} is in, or of the free block that it heads. */
  public int order(int pfn) {
    reach(SyncPoint.LOAD, FramePart.ORDER, pfn);
    int order = flags(pfn) & FolioFlags.ORDER_MASK;
    tellRead(FramePart.ORDER, pfn, order);
    return order;
  }

  /** Whether a free block of the buddy lists begins at {@code pfn}. */
  public boolean isBuddyHead(int pfn) {
    return (flags(pfn) & FolioFlags.BUDDY) != 0 && head(pfn) == pfn;
  }

  /** The pages of the folio that {@code pfn} is in. */
  public int pages(int pfn) {
    return 1 << order(pfn);
  }

  /** The first page of the folio that {@code pfn} is in. */
  public int head(int pfn) {
    return pfn & (-1 << order(pfn));
  }

  public boolean isLarge(int pfn) {
    return order(pfn) != 0;
  }
}
