package dev.elephantfolio.engine.frame;

import java.lang.invoke.MethodHandles;
import java.lang.invoke.VarHandle;

/**
 * What is kept for each of the 512 frames of a 2 MiB block: 28 bytes a frame.
 *
 * <p>Each frame has five ints side by side, and a long:
 *
 * <pre>
 *  slot    | first frame of a folio, or of order 0 | tail 1 (orders 1-8)        | tail 2 (orders 2-8)
 *  --------+---------------------------------------+----------------------------+--------------------
 *  FLAGS   | flags and order                       | order and page flags       | likewise
 *  REF     | refCount                              | sign bit | two 15-bit      | 0
 *          |                                       | mm id mapCounts            |
 *  MAP     | mapCount of the page                  | mapCount of the page       | likewise
 *  NEXT    | LRU, buddy or other list link         | largeMapCount              | deferredNext
 *  PREV    | LRU, buddy or other list link         | pinCount of order 1 << 12  | deferredPrev
 *          |                                       | | nrPagesMapped            |
 *  mapping | mapping                               | mmId1 << 32 | mmId0        | pinCount (order 2-8)
 * </pre>
 *
 * The REF of a tail is never positive, so that a late lock-free {@code tryGet} cannot take it.
 *
 * <pre>
 *  individual | meaning
 *  -----------+--------------------------------------------------------------------------------
 *  false      | the tails of a whole folio: only MAP, and the page flags but the first frame's,
 *             | mean anything
 *  true       | everything is here; never becomes false again
 * </pre>
 *
 * A block that merges into free memory of order 9 or more is dropped with all its REFs 0, and never
 * touched again but by late readers.
 */
final class FrameBlock {
  static final int FRAMES = 512;
  static final int FRAME_MASK = FRAMES - 1;
  static final int ORDER = 9;

  static final int FLAGS = 0;
  static final int REF = 1;
  static final int MAP = 2;
  static final int NEXT = 3;
  static final int PREV = 4;
  static final int STRIDE = 5;

  /** Slots in tails, counted from the first frame's base. */
  static final int TAIL_MM_COUNTS = STRIDE + REF;

  static final int TAIL_LARGE_MAP_COUNT = STRIDE + NEXT;
  static final int TAIL_PAGES_MAPPED = STRIDE + PREV;
  static final int TAIL_DEFERRED_NEXT = 2 * STRIDE + NEXT;
  static final int TAIL_DEFERRED_PREV = 2 * STRIDE + PREV;

  /** Mapping words in tails, counted from the first frame's. */
  static final int TAIL_MM_IDS = 1;

  static final int TAIL_PINS = 2;

  /** TAIL_PAGES_MAPPED: the lower bits count pages, the upper ones pins of an order-1 folio. */
  static final int PAGES_MAPPED_BITS = 12;

  static final int PAGES_MAPPED_MASK = (1 << PAGES_MAPPED_BITS) - 1;

  static final VarHandle INT = MethodHandles.arrayElementVarHandle(int[].class);
  static final VarHandle LONG = MethodHandles.arrayElementVarHandle(long[].class);

  final int[] ints = new int[FRAMES * STRIDE];
  final long[] mappings = new long[FRAMES];

  /** Whether the frames stand for themselves; from false to true once, by release. */
  volatile boolean individual;

  FrameBlock(boolean individual) {
    this.individual = individual;
  }

  /** Where the ints of {@code pfn} start. */
  static int base(int pfn) {
    return (pfn & FRAME_MASK) * STRIDE;
  }
}
