package dev.elephantfolio.engine.frame;

import dev.elephantfolio.engine.sync.SyncPoint;
import dev.elephantfolio.engine.sync.SyncPoints;

/**
 * What a scheduled run is told of the memory map: which part of which frame is about to be read or
 * changed, and what came of it.
 *
 * <p>A part is named only while such a run is under way: what the compiler has to look at and drop
 * counts against what it inlines.
 */
abstract sealed class WatchedFrames extends FrameTable permits FrameFlags {
  WatchedFrames(long frames) {
    super(frames);
  }

  final void reach(SyncPoint point, int kind, int pfn) {
    if (SyncPoints.active()) {
      SyncPoints.reach(point, this, FramePart.of(kind, pfn));
    }
  }

  final void tellRead(int kind, int pfn, long value) {
    if (SyncPoints.active()) {
      SyncPoints.read(this, FramePart.of(kind, pfn), value);
    }
  }

  final void tellChanged(int kind, int pfn, long before, long after) {
    if (SyncPoints.active()) {
      SyncPoints.changed(this, FramePart.of(kind, pfn), before, after);
    }
  }

  final void reachFlags(SyncPoint point, int pfn, int mask) {
    if (SyncPoints.active()) {
      for (int left = mask; left != 0; left &= left - 1) {
        SyncPoints.reach(point, this, FramePart.flag(left, pfn));
      }
    }
  }

  final void tellFlagsRead(int pfn, int mask, int set) {
    if (SyncPoints.active()) {
      for (int left = mask; left != 0; left &= left - 1) {
        SyncPoints.read(this, FramePart.flag(left, pfn), (set & left & -left) != 0 ? 1 : 0);
      }
    }
  }

  /** Tells that a count has changed, and that whoever changed it saw what it came to. */
  final void tellAdded(int kind, int pfn, int before, int after) {
    if (SyncPoints.active()) {
      tellChanged(kind, pfn, before, after);
      tellRead(kind, pfn, after);
    }
  }

  /** Flags and order of a frame are about to change, as the shape of its folio does. */
  final void tellShape(int pfn, int before, int after) {
    if (SyncPoints.active() && before != after) {
      int changed = before ^ after;
      if ((changed & FolioFlags.ORDER_MASK) != 0) {
        reach(SyncPoint.STORE, FramePart.ORDER, pfn);
      }
      reachFlags(SyncPoint.FLAG, pfn, changed & ~FolioFlags.ORDER_MASK);
      FramePart.tellFlags(this, pfn, before, after);
    }
  }

  /** The mapping word of a frame is set, as its folio is split. */
  final void tellMapping(int pfn, long mapping) {
    if (mapping != 0) {
      tellChanged(FramePart.MAPPING, pfn, 0, mapping);
    }
  }

  @Override
  public String describePlace(long part) {
    return FramePart.describe(part);
  }
}
