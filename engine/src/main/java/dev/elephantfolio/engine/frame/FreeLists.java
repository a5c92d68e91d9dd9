package dev.elephantfolio.engine.frame;

/**
 * Lists of free blocks by order and type, linked through the memory map; what is in a list has
 * BUDDY set. Guarded by the ZONE lock.
 */
final class FreeLists {
  private final MemMap map;
  private final int[] heads = new int[BuddyAllocator.ORDERS * MigrateType.COUNT];
  private final long[] counts = new long[BuddyAllocator.ORDERS * MigrateType.COUNT];

  FreeLists(MemMap map) {
    this.map = map;
  }

  private static int index(int order, MigrateType type) {
    return order * MigrateType.COUNT + type.index;
  }

  /** How many blocks are in the list; a guess without the lock. */
  long count(int order, MigrateType type) {
    return (long) FrameBlock.LONG.getOpaque(counts, index(order, type));
  }

  private void addCount(int index, int n) {
    FrameBlock.LONG.setOpaque(counts, index, counts[index] + n);
  }

  /** The block that was pushed last; 0 when there is none. */
  int first(int order, MigrateType type) {
    return heads[index(order, type)];
  }

  void push(int pfn, int order, MigrateType type) {
    int index = index(order, type);
    int next = heads[index];
    map.setLruNext(pfn, next);
    map.setLruPrev(pfn, 0);
    if (next != 0) {
      map.setLruPrev(next, pfn);
    }
    heads[index] = pfn;
    addCount(index, 1);
    // Nobody else writes the flags of free memory.
    map.store(pfn, FrameBlock.FLAGS, FolioFlags.BUDDY | order);
  }

  /** Takes the block that was pushed last; there must be one. */
  int pop(int order, MigrateType type) {
    int pfn = first(order, type);
    remove(pfn, order, type);
    return pfn;
  }

  void remove(int pfn, int order, MigrateType type) {
    int index = index(order, type);
    int next = map.lruNext(pfn);
    int prev = map.lruPrev(pfn);
    if (next != 0) {
      map.setLruPrev(next, prev);
    }
    if (prev != 0) {
      map.setLruNext(prev, next);
    } else {
      heads[index] = next;
    }
    addCount(index, -1);
    map.store(pfn, FrameBlock.FLAGS, 0);
  }
}
