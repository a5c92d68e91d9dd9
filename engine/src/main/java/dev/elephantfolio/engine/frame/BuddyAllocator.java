package dev.elephantfolio.engine.frame;

import dev.elephantfolio.engine.sync.SpinLock;

/**
 * A zone's free memory: blocks of 2^order frames in lists by order and {@link MigrateType}.
 *
 * <p>A block in a list has BUDDY and its order in the flags of its first frame, and the list's
 * links there; all its other frames' flags are 0. Every block of less than order 9 is in the list
 * of its pageblock's type. Memory that was never used is in no list: it lies above {@code
 * untouched} and counts as movable blocks of the highest order, taken from below when the list of
 * those is empty.
 *
 * <p>Lists are last in, first out. All of it is guarded by the ZONE lock, which callers hold.
 */
final class BuddyAllocator {
  static final int ORDER_MAX = 10;
  static final int ORDERS = ORDER_MAX + 1;

  /** The order of a pageblock: the unit that has a MigrateType. */
  static final int PAGEBLOCK_ORDER = 9;

  static final int PAGEBLOCK_FRAMES = 1 << PAGEBLOCK_ORDER;
  private static final int MAX_BLOCK_FRAMES = 1 << ORDER_MAX;

  private final MemMap map;
  private final SpinLock lock;
  private final FreeLists lists;
  private final long startFrame;
  private final long endFrame;

  /** Full blocks of the highest order from here to untouchedEnd were never used. */
  private long untouched;

  private final long untouchedEnd;

  /**
   * All frames from {@code startFrame} up to {@code endFrame} are free, but frame 0.
   *
   * @param startFrame a multiple of the largest block
   */
  BuddyAllocator(MemMap map, SpinLock lock, long startFrame, long endFrame) {
    this.map = map;
    this.lock = lock;
    this.lists = new FreeLists(map);
    this.startFrame = startFrame;
    this.endFrame = endFrame;
    this.untouchedEnd = endFrame & -MAX_BLOCK_FRAMES;
    this.untouched = Math.min(startFrame, untouchedEnd);
    lock.lock();
    try {
      freeEdges();
    } finally {
      lock.unlock();
    }
  }

  /** Frees what is no full block: the one with frame 0 in it, and the end. */
  private void freeEdges() {
    freeRange(Math.max(untouchedEnd, 1), endFrame);
    if (startFrame == 0) {
      untouched = Math.min(MAX_BLOCK_FRAMES, untouchedEnd);
      freeRange(1, untouched);
    }
  }

  /** Frees frames that never were in use, in the largest aligned blocks, from above. */
  private void freeRange(long firstFrame, long endFrame) {
    long end = endFrame;
    while (end > firstFrame) {
      int order = ORDER_MAX;
      while ((end & ((1L << order) - 1)) != 0 || end - (1L << order) < firstFrame) {
        order--;
      }
      end -= 1L << order;
      int pfn = (int) end;
      if (order < PAGEBLOCK_ORDER && map.individual(pfn) == null) {
        FolioShapes.makeIndividual(map, pfn);
      }
      lists.push(pfn, order, MigrateType.MOVABLE);
    }
  }

  long startFrame() {
    return startFrame;
  }

  long endFrame() {
    return endFrame;
  }

  /** The first frame that was never used. */
  long untouched() {
    return untouched;
  }

  long untouchedEnd() {
    return untouchedEnd;
  }

  FreeLists lists() {
    return lists;
  }

  /** Blocks of exactly this order and type; may be asked without the lock. */
  long freeBlocks(int order, MigrateType type) {
    long listed = lists.count(order, type);
    return order == ORDER_MAX && type == MigrateType.MOVABLE ? listed + untouchedBlocks() : listed;
  }

  private long untouchedBlocks() {
    return (untouchedEnd - untouched) >>> ORDER_MAX;
  }

  private boolean isEmpty(int order, MigrateType type) {
    return freeBlocks(order, type) == 0;
  }

  /**
   * Takes a block.
   *
   * @param noFragment take from another type only whole pageblocks
   * @return its first pfn; 0 when there is none
   */
  int take(int order, MigrateType type, boolean noFragment) {
    lock.assertHeld();
    int pfn = takeSmallest(order, type);
    if (pfn == 0) {
      pfn = claim(order, type, noFragment);
    }
    return pfn != 0 || noFragment ? pfn : steal(order, type);
  }

  /**
   * Takes several blocks, the same as by as many calls of {@link #take}; puts them at the back.
   *
   * @return how many there were
   */
  int takeBulk(IntRing into, int order, MigrateType type, boolean noFragment, int count) {
    lock.assertHeld();
    int taken = 0;
    while (taken < count) {
      int from = smallestOrder(order, type);
      if (from <= ORDER_MAX) {
        taken += takeRun(into, order, type, from, count - taken);
        continue;
      }
      int pfn = take(order, type, noFragment);
      if (pfn == 0) {
        break;
      }
      into.pushBack(pfn);
      taken++;
    }
    return taken;
  }

  /** Cuts as many blocks as are wanted from the front of one of order {@code from}. */
  private int takeRun(IntRing into, int order, MigrateType type, int from, int wanted) {
    int pfn = pop(from, type);
    int blocks = Math.min(wanted, 1 << (from - order));
    if (order < PAGEBLOCK_ORDER && from >= PAGEBLOCK_ORDER) {
      makeIndividual(pfn, blocks << order);
    }
    for (int block = 0; block < blocks; block++) {
      into.pushBack(pfn + (block << order));
    }
    for (int offset = blocks << order; offset < 1 << from; ) {
      int restOrder = Integer.numberOfTrailingZeros(offset);
      lists.push(pfn + offset, restOrder, type);
      offset += 1 << restOrder;
    }
    return blocks;
  }

  /** The first {@code frames} frames, and the rest of their last pageblock, get numbers each. */
  private void makeIndividual(int firstPfn, int frames) {
    for (int offset = 0; offset < frames; offset += PAGEBLOCK_FRAMES) {
      FolioShapes.makeIndividual(map, firstPfn + offset);
    }
  }

  /** The order of the smallest block that will do; above ORDER_MAX when there is none. */
  private int smallestOrder(int order, MigrateType type) {
    int from = order;
    while (from <= ORDER_MAX && isEmpty(from, type)) {
      from++;
    }
    return from;
  }

  private int takeSmallest(int order, MigrateType type) {
    int from = smallestOrder(order, type);
    if (from > ORDER_MAX) {
      return 0;
    }
    int pfn = pop(from, type);
    expand(pfn, order, from, type);
    return pfn;
  }

  /** Takes a block of exactly this order off its list; there must be one. */
  private int pop(int order, MigrateType type) {
    if (lists.count(order, type) != 0) {
      return lists.pop(order, type);
    }
    int pfn = (int) untouched;
    untouched += MAX_BLOCK_FRAMES;
    return pfn;
  }

  /** Gives back the upper halves of a block that is larger than needed. */
  private void expand(int pfn, int order, int from, MigrateType type) {
    for (int half = from - 1; half >= order; half--) {
      if (half == PAGEBLOCK_ORDER - 1) {
        FolioShapes.makeIndividual(map, pfn);
      }
      lists.push(pfn + (1 << half), half, type);
    }
  }

  /** Takes over pageblocks of another type, from the largest free block, and takes from them. */
  private int claim(int order, MigrateType type, boolean noFragment) {
    int orderMin = noFragment ? Math.max(order, PAGEBLOCK_ORDER) : order;
    for (int from = ORDER_MAX; from >= orderMin; from--) {
      if (!worthClaiming(from, type)) {
        return 0;
      }
      for (int attempt = 0; attempt < MigrateType.FALLBACK_COUNT; attempt++) {
        MigrateType other = type.fallback(attempt);
        if (!isEmpty(from, other)) {
          int pfn = claimFrom(order, type, from, other);
          if (pfn != 0) {
            return pfn;
          }
          // Like the kernel, only the first type with a block of this order is tried.
          break;
        }
      }
    }
    return 0;
  }

  /** What can move does no lasting harm among others, so it takes over only large blocks. */
  private static boolean worthClaiming(int order, MigrateType type) {
    return order >= PAGEBLOCK_ORDER / 2 || type != MigrateType.MOVABLE;
  }

  private int claimFrom(int order, MigrateType type, int from, MigrateType other) {
    if (from >= PAGEBLOCK_ORDER) {
      int pfn = pop(from, other);
      setTypes(pfn, from, type);
      expand(pfn, order, from, type);
      return pfn;
    }
    int blockPfn = lists.first(from, other) & -PAGEBLOCK_FRAMES;
    if (!isWithinZone(blockPfn) || !mostlyAlike(blockPfn, type, other)) {
      return 0;
    }
    moveFreeBlocks(blockPfn, type);
    return takeSmallest(order, type);
  }

  private boolean isWithinZone(int blockPfn) {
    long first = Integer.toUnsignedLong(blockPfn);
    return first >= startFrame && first + PAGEBLOCK_FRAMES <= endFrame;
  }

  /** Whether half the pageblock or more is free, or in use by what goes with {@code type}. */
  private boolean mostlyAlike(int blockPfn, MigrateType type, MigrateType other) {
    int free = 0;
    int movable = 0;
    // Frames in use change meanwhile, so only what is free tells how far to step.
    for (int frame = 0; frame < PAGEBLOCK_FRAMES; ) {
      int pages = freeAt(blockPfn + frame);
      free += pages;
      if (pages == 0 && map.testFlag(map.head(blockPfn + frame), FolioFlags.LRU)) {
        movable++;
      }
      frame += Math.max(pages, 1);
    }
    return free + alike(free, movable, type, other) >= PAGEBLOCK_FRAMES / 2;
  }

  /** Of pages in use it is known only that those on an LRU list can move. */
  private static int alike(int free, int movable, MigrateType type, MigrateType other) {
    if (type == MigrateType.MOVABLE) {
      return movable;
    }
    return other == MigrateType.MOVABLE ? PAGEBLOCK_FRAMES - free - movable : 0;
  }

  /** Makes the pageblock one of {@code type}, and moves its free blocks to those lists. */
  private void moveFreeBlocks(int blockPfn, MigrateType type) {
    MigrateType old = map.migrateType(blockPfn);
    map.setMigrateType(blockPfn, type);
    for (int frame = 0; frame < PAGEBLOCK_FRAMES; ) {
      int pfn = blockPfn + frame;
      int pages = freeAt(pfn);
      if (pages != 0) {
        int order = Integer.numberOfTrailingZeros(pages);
        lists.remove(pfn, order, old);
        lists.push(pfn, order, type);
      }
      frame += Math.max(pages, 1);
    }
  }

  /** The frames of the free block that starts here; 0 when none does. */
  private int freeAt(int pfn) {
    int flags = map.flags(pfn);
    return (flags & FolioFlags.BUDDY) == 0 ? 0 : 1 << (flags & FolioFlags.ORDER_MASK);
  }

  /** Takes the smallest block of another type that will do, whatever that type then lacks. */
  private int steal(int order, MigrateType type) {
    for (int from = order; from <= ORDER_MAX; from++) {
      for (int attempt = 0; attempt < MigrateType.FALLBACK_COUNT; attempt++) {
        MigrateType other = type.fallback(attempt);
        if (!isEmpty(from, other)) {
          int pfn = pop(from, other);
          expand(pfn, order, from, other);
          return pfn;
        }
      }
    }
    return 0;
  }

  /** Puts a block back, merged with its free neighbours. */
  void give(int blockPfn, int blockOrder) {
    lock.assertHeld();
    int pfn = blockPfn;
    int order = blockOrder;
    MigrateType type = map.migrateType(pfn);
    while (order < ORDER_MAX && isFree(pfn ^ (1 << order), order)) {
      int buddy = pfn ^ (1 << order);
      lists.remove(buddy, order, order < PAGEBLOCK_ORDER ? type : map.migrateType(buddy));
      if (order >= PAGEBLOCK_ORDER) {
        setTypes(buddy, order, type);
      }
      pfn &= buddy;
      order++;
      if (order == PAGEBLOCK_ORDER) {
        FolioShapes.makeWhole(map, pfn);
      }
    }
    lists.push(pfn, order, type);
  }

  private boolean isFree(int pfn, int order) {
    long frame = Integer.toUnsignedLong(pfn);
    int mask = FolioFlags.BUDDY | FolioFlags.ORDER_MASK;
    return frame >= startFrame
        && frame < endFrame
        && (map.flags(pfn) & mask) == (FolioFlags.BUDDY | order);
  }

  private void setTypes(int pfn, int order, MigrateType type) {
    for (int frame = 0; frame < 1 << order; frame += PAGEBLOCK_FRAMES) {
      map.setMigrateType(pfn + frame, type);
    }
  }

  /** Whether there is any block of {@code order} or more; may be asked without the lock. */
  boolean hasBlock(int order) {
    for (int from = order; from <= ORDER_MAX; from++) {
      for (int type = 0; type < MigrateType.COUNT; type++) {
        if (!isEmpty(from, MigrateType.of(type))) {
          return true;
        }
      }
    }
    return false;
  }
}
