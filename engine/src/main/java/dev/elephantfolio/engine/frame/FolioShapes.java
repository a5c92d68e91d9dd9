package dev.elephantfolio.engine.frame;

import static dev.elephantfolio.engine.frame.FrameBlock.FRAMES;
import static dev.elephantfolio.engine.frame.FrameBlock.FRAME_MASK;
import static dev.elephantfolio.engine.frame.FrameBlock.STRIDE;

import org.jspecify.annotations.Nullable;

/**
 * How frames become folios, folios become smaller ones, and either becomes free again. The caller
 * owns the frames: nobody else can take a reference, so plain stores do, and one release at the end
 * publishes them.
 */
final class FolioShapes {
  private static final int PAGE_FLAGS = FolioFlags.PAGE_ANON_EXCLUSIVE;

  private FolioShapes() {}

  static void prepareLarge(MemMap map, int head, int order) {
    if (order < FrameBlock.ORDER) {
      prepareInBlock(map, individualBlock(map, head), head, order);
    } else {
      prepareWhole(map, head, order);
    }
    map.store(head, FrameBlock.REF, 1);
  }

  private static void prepareInBlock(MemMap map, FrameBlock block, int head, int order) {
    for (int pfn = head; pfn != head + (1 << order); pfn++) {
      setFlags(map, block, pfn, order);
    }
    clearTailSlots(block, head, order);
  }

  /** Sets flags and order of a frame that nobody else has, or whose folio is frozen. */
  private static void setFlags(MemMap map, FrameBlock block, int pfn, int flags) {
    int at = FrameBlock.base(pfn) + FrameBlock.FLAGS;
    map.tellShape(pfn, block.ints[at], flags);
    block.ints[at] = flags;
  }

  private static void prepareWhole(MemMap map, int head, int order) {
    for (int offset = 0; offset < 1 << order; offset += FRAMES) {
      clearRecord(map, map.section(head + offset), head + offset, order);
    }
  }

  private static void clearRecord(MemMap map, Section section, int pfn, int flags) {
    int base = Section.base(pfn);
    map.tellShape(pfn, section.ints[base + Section.FLAGS], flags);
    section.ints[base + Section.FLAGS] = flags;
    for (int slot = Section.FLAGS + 1; slot < Section.STRIDE; slot++) {
      section.ints[base + slot] = 0;
    }
    section.mappings[Section.block(pfn)] = 0;
    int[] pins = section.pinsOrNull();
    if (pins != null) {
      pins[Section.block(pfn)] = 0;
    }
  }

  /** Clears what tails 1 and 2 hold for the folio. */
  private static void clearTailSlots(FrameBlock block, int head, int order) {
    int pages = 1 << order;
    int index = head & FRAME_MASK;
    for (int tail = 1; tail < pages && tail <= FrameBlock.TAIL_PINS; tail++) {
      int base = (index + tail) * STRIDE;
      block.ints[base + FrameBlock.REF] = 0;
      block.ints[base + FrameBlock.NEXT] = 0;
      block.ints[base + FrameBlock.PREV] = 0;
      block.mappings[index + tail] = 0;
    }
  }

  static void releaseSmall(MemMap map, int pfn) {
    FrameBlock block = individualBlock(map, pfn);
    int base = FrameBlock.base(pfn);
    int[] ints = block.ints;
    int inUse =
        (ints[base + FrameBlock.FLAGS] & FolioFlags.FORBIDDEN_AT_FREE)
            | ints[base + FrameBlock.REF]
            | ints[base + FrameBlock.MAP];
    if (inUse != 0) {
      throw new IllegalStateException(
          map.describe(pfn) + " is freed in use, mapped " + map.mapCount(pfn) + " times");
    }
    setFlags(map, block, pfn, 0);
    block.mappings[pfn & FRAME_MASK] = 0;
  }

  static void releaseLarge(MemMap map, int head, int order) {
    checkUnused(map, head, order);
    if (order < FrameBlock.ORDER) {
      releaseInBlock(map, individualBlock(map, head), head, order);
      return;
    }
    dropTails(map, head, order);
    for (int offset = 0; offset < 1 << order; offset += FRAMES) {
      clearRecord(map, map.section(head + offset), head + offset, 0);
    }
  }

  private static void checkUnused(MemMap map, int head, int order) {
    boolean unused =
        map.order(head) == order
            && !map.testFlag(head, FolioFlags.FORBIDDEN_AT_FREE)
            && map.refCount(head) == 0
            && map.entireMapCount(head) == 0
            && map.largeMapCount(head) == 0;
    if (!unused) {
      throw new IllegalStateException(map.describe(head) + " is freed in use");
    }
  }

  private static void releaseInBlock(MemMap map, FrameBlock block, int head, int order) {
    int mapped = 0;
    for (int pfn = head; pfn != head + (1 << order); pfn++) {
      mapped |= block.ints[FrameBlock.base(pfn) + FrameBlock.MAP];
    }
    if (mapped != 0) {
      throw new IllegalStateException(map.describe(head) + " is freed, pages of it mapped");
    }
    for (int pfn = head; pfn != head + (1 << order); pfn++) {
      setFlags(map, block, pfn, 0);
    }
    clearTailSlots(block, head, order);
    block.mappings[head & FRAME_MASK] = 0;
  }

  /** Takes the mapCounts of a whole folio's pages away, which must be 0. */
  static void dropTails(MemMap map, int head, int order) {
    for (int offset = 0; offset < 1 << order; offset += FRAMES) {
      FrameBlock tails = map.blockOrNull(head + offset);
      if (tails != null && !tails.individual) {
        checkUnmapped(map, tails, head + offset);
        map.publishBlock(head + offset, null);
      }
    }
  }

  private static void checkUnmapped(MemMap map, FrameBlock block, int firstPfn) {
    for (int page = 0; page < FRAMES; page++) {
      if (block.ints[page * STRIDE + FrameBlock.MAP] != 0) {
        throw new IllegalStateException(
            map.describe(firstPfn) + ": page " + page + " is still mapped");
      }
    }
  }

  static void split(MemMap map, int head, int oldOrder, int newOrder) {
    checkSplittable(map, head, oldOrder, newOrder);
    int headFlags = map.flags(head) & ~(FolioFlags.ORDER_MASK | FolioFlags.LARGE_ONLY);
    Pieces pieces = new Pieces(head, oldOrder, newOrder, headFlags, map.mapping(head));
    if (oldOrder < FrameBlock.ORDER) {
      splitInBlock(map, individualBlock(map, head), head, 1 << oldOrder, pieces);
    } else if (newOrder < FrameBlock.ORDER) {
      splitToIndividual(map, pieces);
    } else {
      splitWhole(map, pieces);
    }
  }

  private static void checkSplittable(MemMap map, int head, int oldOrder, int newOrder) {
    boolean splittable =
        newOrder < oldOrder
            && map.order(head) == oldOrder
            && map.head(head) == head
            && map.refCount(head) == 0
            && map.entireMapCount(head) == 0
            && map.largeMapCount(head) == 0
            && !map.testFlag(head, FolioFlags.DEFERRED);
    if (!splittable) {
      throw new IllegalStateException(
          map.describe(head) + " cannot be split from order " + oldOrder + " to " + newOrder);
    }
  }

  /**
   * What the pieces of a split folio are to be.
   *
   * @param headFlags the flags of the first piece
   * @param mapping the mapping word of the first piece
   */
  private record Pieces(int head, int oldOrder, int newOrder, int headFlags, long mapping) {
    /** The folio flags and order of the frame, whatever its place in its piece. */
    int flags(int pfn) {
      if (pfn == head) {
        return (headFlags & ~PAGE_FLAGS) | newOrder;
      }
      boolean first = (pfn & ((1 << newOrder) - 1)) == 0;
      return first ? (headFlags & FolioFlags.SPLIT_INHERITED) | newOrder : newOrder;
    }

    /** The mapping word of the piece that starts here; 0 inside a piece. */
    long mapping(int pfn) {
      boolean first = (pfn & ((1 << newOrder) - 1)) == 0;
      return first && mapping != 0 ? mapping + (pfn - head) : 0;
    }
  }

  private static void splitInBlock(
      MemMap map, FrameBlock block, int firstPfn, int pages, Pieces pieces) {
    for (int page = 0; page < pages; page++) {
      int pfn = firstPfn + page;
      int base = FrameBlock.base(pfn);
      int pageFlags = block.ints[base + FrameBlock.FLAGS] & PAGE_FLAGS;
      setFlags(map, block, pfn, pageFlags | pieces.flags(pfn));
      block.mappings[pfn & FRAME_MASK] = pieces.mapping(pfn);
      if (pfn != pieces.head) {
        map.tellMapping(pfn, pieces.mapping(pfn));
        // They may still hold what they held as frames or as tails of something else.
        block.ints[base + FrameBlock.REF] = 0;
        block.ints[base + FrameBlock.NEXT] = 0;
        block.ints[base + FrameBlock.PREV] = 0;
      }
    }
  }

  /** Each block of the folio becomes individual, and its record is cleared. */
  private static void splitToIndividual(MemMap map, Pieces pieces) {
    for (int offset = 0; offset < 1 << pieces.oldOrder; offset += FRAMES) {
      int firstPfn = pieces.head + offset;
      FrameBlock block = map.block(firstPfn);
      checkUnmapped(map, block, firstPfn);
      Section section = map.section(firstPfn);
      int record = Section.base(firstPfn);
      block.ints[FrameBlock.FLAGS] = section.ints[record + Section.FLAGS] & PAGE_FLAGS;
      splitInBlock(map, block, firstPfn, FRAMES, pieces);
      block.ints[FrameBlock.NEXT] = section.ints[record + Section.NEXT];
      block.ints[FrameBlock.PREV] = section.ints[record + Section.PREV];
      block.individual = true;
      clearRecord(map, section, firstPfn, 0);
    }
  }

  /** The pieces stay whole; the lists they are on know them by pfn, so the links stay as well. */
  private static void splitWhole(MemMap map, Pieces pieces) {
    for (int offset = 0; offset < 1 << pieces.oldOrder; offset += FRAMES) {
      int firstPfn = pieces.head + offset;
      Section section = map.section(firstPfn);
      int record = Section.base(firstPfn);
      int pageFlags = section.ints[record + Section.FLAGS] & PAGE_FLAGS;
      int next = section.ints[record + Section.NEXT];
      int prev = section.ints[record + Section.PREV];
      clearRecord(map, section, firstPfn, pieces.flags(firstPfn) | pageFlags);
      section.ints[record + Section.NEXT] = next;
      section.ints[record + Section.PREV] = prev;
      section.mappings[Section.block(firstPfn)] = pieces.mapping(firstPfn);
    }
  }

  /** A free whole block, on no list, is going to be used piecemeal. Under the ZONE lock. */
  static void makeIndividual(MemMap map, int firstPfn) {
    map.publishBlock(firstPfn, new FrameBlock(true));
  }

  /** All 512 frames are free and on no list: they need no numbers each. Under the ZONE lock. */
  static void makeWhole(MemMap map, int firstPfn) {
    map.publishBlock(firstPfn, null);
    clearRecord(map, map.section(firstPfn), firstPfn, 0);
  }

  /** Frame 0 is nobody's, so that pfn 0 can mean none. Its block is individual already. */
  static void reserveFrameZero(MemMap map) {
    map.setFlag(0, FolioFlags.RESERVED);
  }

  private static FrameBlock individualBlock(MemMap map, int pfn) {
    @Nullable FrameBlock block = map.individual(pfn);
    if (block == null) {
      throw new IllegalStateException(map.describe(pfn) + " lies in a whole block");
    }
    return block;
  }
}
