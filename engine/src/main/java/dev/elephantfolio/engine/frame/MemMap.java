package dev.elephantfolio.engine.frame;

import static dev.elephantfolio.engine.frame.FrameBlock.INT;
import static dev.elephantfolio.engine.frame.FrameBlock.LONG;

import dev.elephantfolio.engine.sync.SpinWait;
import dev.elephantfolio.engine.sync.SyncPoint;
import dev.elephantfolio.engine.sync.SyncPoints;
import org.jspecify.annotations.Nullable;

/**
 * The memory map: flags, counts and links of every frame and folio.
 *
 * <p>A {@code head} is the first pfn of a folio; a {@code pfn} may be any page of one. Single
 * operations are atomic; what must hold between them is the callers' affair:
 *
 * <pre>
 *  what                                   | guarded by
 *  ---------------------------------------+-------------------------------------------------------
 *  flags                                  | atomic; single flags as FolioFlags says
 *  refCount                               | atomic; 0 means free, or frozen by freezeRef
 *  mapCount, entireMapCount               | atomic; change under the lock of the page table
 *  largeMapCount, mm ids and their counts | lockMapCounts
 *  nrPagesMapped, pinCount                | atomic
 *  mapping                                | the folio lock, or no one else has the folio yet
 *  lruNext, lruPrev                       | of free memory: ZONE; else the LRU lock, or the owner's
 *  deferredNext, deferredPrev             | DEFERRED_SPLIT
 *  order                                  | whoever owns the frames, or froze the folio
 * </pre>
 *
 * <pre>
 *  refCount | meaning                   | goes to
 *  ---------+---------------------------+---------------------------------------------------------
 *  0        | free, in the hands of the | 1 by prepareFolio; n by unfreezeRef
 *           | allocator, or frozen      |
 *  n > 0    | n references              | n+k by get (one who has a reference) or tryGet (anyone);
 *           |                           | n-k by put, who must free it at 0; 0 by freezeRef(n)
 * </pre>
 *
 * Metadata costs 28 bytes for a frame in a block that is used piecemeal, 61 for a 2 MiB block that
 * is free or one folio; see {@link FrameBlock} and {@link Section} for where things lie.
 */
public final class MemMap extends FrameTable {
  /** How often one address space may map a folio for {@link #mmIdMapCount} to keep up. */
  public static final int MM_ID_MAP_COUNT_MAX = (1 << 15) - 1;

  private static final int MM_COUNT_BITS = 15;
  private static final int SIGN = Integer.MIN_VALUE;

  /**
   * @param frames how many frames the machine has, less than 2^32
   */
  public MemMap(long frames) {
    super(frames);
  }

  // Flags.

  /** The folio's flags and order. */
  public int flags(int head) {
    return load(head, FrameBlock.FLAGS);
  }

  /** Whether any flag of {@code mask} is set. */
  public boolean testFlag(int head, int mask) {
    return (flags(head) & mask) != 0;
  }

  public void setFlag(int head, int mask) {
    fetchOr(head, FrameBlock.FLAGS, mask);
  }

  public void clearFlag(int head, int mask) {
    fetchAnd(head, FrameBlock.FLAGS, ~mask);
  }

  /** Sets the flag; whether it was set before. */
  public boolean testAndSetFlag(int head, int mask) {
    SyncPoints.reach(SyncPoint.OTHER);
    return (fetchOr(head, FrameBlock.FLAGS, mask) & mask) != 0;
  }

  /** Clears the flag; whether it was set before. */
  public boolean testAndClearFlag(int head, int mask) {
    SyncPoints.reach(SyncPoint.OTHER);
    return (fetchAnd(head, FrameBlock.FLAGS, ~mask) & mask) != 0;
  }

  /** Clears flags and returns all that were set before. */
  public int getAndClearFlags(int head, int mask) {
    SyncPoints.reach(SyncPoint.OTHER);
    return fetchAnd(head, FrameBlock.FLAGS, ~mask);
  }

  /** Sets flags without atomicity, on a folio that nobody else can see yet. */
  public void setFlagUnshared(int head, int mask) {
    store(head, FrameBlock.FLAGS, load(head, FrameBlock.FLAGS) | mask);
  }

  /** Whether the page has the {@link PageFlag}. */
  public boolean testPageFlag(int pfn, int mask) {
    FrameBlock block = pageBlock(pfn);
    if (block != null) {
      return ((int) INT.getAcquire(block.ints, FrameBlock.base(pfn)) & mask) != 0;
    }
    return (pfn & FrameBlock.FRAME_MASK) == 0 && (flags(pfn) & mask) != 0;
  }

  /** Sets a {@link PageFlag}; on a whole folio it gives the pages room for flags when needed. */
  public void setPageFlag(int pfn, int mask) {
    if (individual(pfn) != null || (pfn & FrameBlock.FRAME_MASK) == 0) {
      fetchOr(pfn, FrameBlock.FLAGS, mask);
    } else {
      INT.getAndBitwiseOr(block(pfn).ints, FrameBlock.base(pfn), mask);
    }
  }

  public void clearPageFlag(int pfn, int mask) {
    FrameBlock block = pageBlock(pfn);
    if (block != null) {
      INT.getAndBitwiseAnd(block.ints, FrameBlock.base(pfn), ~mask);
    } else if ((pfn & FrameBlock.FRAME_MASK) == 0) {
      fetchAnd(pfn, FrameBlock.FLAGS, ~mask);
    }
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
    return flags(pfn) & FolioFlags.ORDER_MASK;
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

  // References.

  public int refCount(int head) {
    return load(head, FrameBlock.REF);
  }

  /** Adds {@code n} references; the caller has one already. */
  public void get(int head, int n) {
    SyncPoints.reach(SyncPoint.REFCOUNT);
    fetchAdd(head, FrameBlock.REF, n);
  }

  /** Takes a reference unless there is none (free or frozen). Needs no lock. */
  public boolean tryGet(int head) {
    return tryGet(head, 1);
  }

  /** Takes {@code n} references unless there are none (free or frozen). Needs no lock. */
  public boolean tryGet(int head, int n) {
    SyncPoints.reach(SyncPoint.REFCOUNT);
    FrameBlock block = individual(head);
    return block != null
        ? addUnlessZero(block.ints, FrameBlock.base(head) + FrameBlock.REF, n)
        : tryGetWhole(head, n);
  }

  private boolean tryGetWhole(int head, int n) {
    // One who came late may take a tail for a head; a tail has no references to be had.
    return (head & FrameBlock.FRAME_MASK) == 0
        && addUnlessZero(section(head).ints, Section.base(head) + Section.REF, n);
  }

  private static boolean addUnlessZero(int[] ints, int index, int n) {
    int count = (int) INT.getAcquire(ints, index);
    while (count > 0) {
      int seen = (int) INT.compareAndExchange(ints, index, count, count + n);
      if (seen == count) {
        return true;
      }
      count = seen;
    }
    return false;
  }

  /** Drops {@code n} references; returns how many are left. At 0 the caller must free the folio. */
  public int put(int head, int n) {
    SyncPoints.reach(SyncPoint.REFCOUNT);
    int left = fetchAdd(head, FrameBlock.REF, -n) - n;
    if (left < 0) {
      throw new IllegalStateException(describe(head) + ": " + n + " references put too many");
    }
    return left;
  }

  /** Makes {@code expected} references 0, so that nobody can take one; false if there are not. */
  public boolean freezeRef(int head, int expected) {
    SyncPoints.reach(SyncPoint.REFCOUNT);
    return compareAndSet(head, FrameBlock.REF, expected, 0);
  }

  /** Lets a frozen folio (or a piece of a frozen one) go with {@code n} references. */
  public void unfreezeRef(int head, int n) {
    SyncPoints.reach(SyncPoint.REFCOUNT);
    store(head, FrameBlock.REF, n);
  }

  // Mappings.

  /** How many page-table entries map this page by itself. */
  public int mapCount(int pfn) {
    FrameBlock block = blockOrNull(pfn);
    return block == null ? 0 : (int) INT.getAcquire(block.ints, mapSlot(pfn));
  }

  /** Sets the count of a page of order 0 that nobody else can see yet. */
  public void setMapCountUnshared(int pfn, int count) {
    INT.set(block(pfn).ints, mapSlot(pfn), count);
  }

  /** Counts a PTE of this page; returns the new count. */
  public int incMapCount(int pfn) {
    SyncPoints.reach(SyncPoint.MAPCOUNT);
    return (int) INT.getAndAdd(block(pfn).ints, mapSlot(pfn), 1) + 1;
  }

  /** Uncounts a PTE of this page; returns the new count. */
  public int decMapCount(int pfn) {
    SyncPoints.reach(SyncPoint.MAPCOUNT);
    int left = (int) INT.getAndAdd(block(pfn).ints, mapSlot(pfn), -1) - 1;
    if (left < 0) {
      throw new IllegalStateException(describe(pfn) + ": unmapped once too often");
    }
    return left;
  }

  private static int mapSlot(int pfn) {
    return FrameBlock.base(pfn) + FrameBlock.MAP;
  }

  /** How many PMD entries map the folio; 0 below order 9. */
  public int entireMapCount(int head) {
    return individual(head) != null ? 0 : load(head, Section.ENTIRE_MAP_COUNT);
  }

  /** Counts {@code n} PMD entries of a folio of order 9 or more; returns the new count. */
  public int addEntireMapCount(int head, int n) {
    SyncPoints.reach(SyncPoint.MAPCOUNT);
    if (individual(head) != null) {
      throw new IllegalStateException(describe(head) + ": too small for a PMD");
    }
    return fetchAdd(head, Section.ENTIRE_MAP_COUNT, n) + n;
  }

  /** How many entries of either kind map the large folio or pages of it. */
  public int largeMapCount(int head) {
    return loadLarge(head, Section.LARGE_MAP_COUNT, FrameBlock.TAIL_LARGE_MAP_COUNT);
  }

  public int addLargeMapCount(int head, int n) {
    SyncPoints.reach(SyncPoint.MAPCOUNT);
    return addLarge(head, Section.LARGE_MAP_COUNT, FrameBlock.TAIL_LARGE_MAP_COUNT, n);
  }

  /**
   * How many pages of the large folio are mapped; of order 9 or more it may hold a caller's mark
   * for PMD mappings above bit 12 as well.
   */
  public int nrPagesMapped(int head) {
    FrameBlock block = individual(head);
    int value = loadLarge(head, Section.PAGES_MAPPED, FrameBlock.TAIL_PAGES_MAPPED);
    return block == null ? value : value & FrameBlock.PAGES_MAPPED_MASK;
  }

  public int addNrPagesMapped(int head, int n) {
    SyncPoints.reach(SyncPoint.MAPCOUNT);
    int value = addLarge(head, Section.PAGES_MAPPED, FrameBlock.TAIL_PAGES_MAPPED, n);
    return individual(head) == null ? value : value & FrameBlock.PAGES_MAPPED_MASK;
  }

  /**
   * Takes the bit lock over a large folio's largeMapCount and mm ids. It is taken last of all and
   * held for a few steps.
   */
  public void lockMapCounts(int head) {
    while (testAndSetFlag(head, FolioFlags.MAP_COUNTS_LOCKED)) {
      SpinWait.until("map counts", () -> !testFlag(head, FolioFlags.MAP_COUNTS_LOCKED));
    }
  }

  public void unlockMapCounts(int head) {
    clearFlag(head, FolioFlags.MAP_COUNTS_LOCKED);
  }

  /** The address space in slot 0 or 1 of a large folio; 0 for none. */
  public int mmId(int head, int slot) {
    FrameBlock block = individual(head);
    if (block == null) {
      return load(head, Section.MM_ID + slot);
    }
    long ids = (long) LONG.getAcquire(block.mappings, mmIdsIndex(head));
    return (int) (ids >>> (slot * Integer.SIZE));
  }

  /** Enters an address space in slot 0 or 1 of a large folio. Under {@link #lockMapCounts}. */
  public void setMmId(int head, int slot, int mmId) {
    FrameBlock block = individual(head);
    if (block == null) {
      store(head, Section.MM_ID + slot, mmId);
      return;
    }
    int shift = slot * Integer.SIZE;
    long others = block.mappings[mmIdsIndex(head)] & ~(0xFFFF_FFFFL << shift);
    long ids = others | (Integer.toUnsignedLong(mmId) << shift);
    LONG.setRelease(block.mappings, mmIdsIndex(head), ids);
  }

  private static int mmIdsIndex(int head) {
    return (head & FrameBlock.FRAME_MASK) + FrameBlock.TAIL_MM_IDS;
  }

  /** How many entries of the address space in the slot map the large folio. */
  public int mmIdMapCount(int head, int slot) {
    int counts = loadLarge(head, Section.MM_COUNTS, FrameBlock.TAIL_MM_COUNTS);
    return (counts >>> (slot * MM_COUNT_BITS)) & MM_ID_MAP_COUNT_MAX;
  }

  /**
   * Under {@link #lockMapCounts}.
   *
   * @param count 0 to {@link #MM_ID_MAP_COUNT_MAX}
   */
  public void setMmIdMapCount(int head, int slot, int count) {
    if (count < 0 || count > MM_ID_MAP_COUNT_MAX) {
      throw new IllegalArgumentException(describe(head) + ": mm id mapCount " + count);
    }
    int shift = slot * MM_COUNT_BITS;
    int counts = loadLarge(head, Section.MM_COUNTS, FrameBlock.TAIL_MM_COUNTS);
    int changed = (counts & ~(MM_ID_MAP_COUNT_MAX << shift)) | (count << shift) | SIGN;
    storeLarge(head, Section.MM_COUNTS, FrameBlock.TAIL_MM_COUNTS, changed);
  }

  // Pins.

  /** How often the large folio is pinned. Small ones count pins in the refCount. */
  public int pinCount(int head) {
    FrameBlock block = individual(head);
    if (block == null) {
      int[] pins = section(head).pinsOrNull();
      return pins == null ? 0 : (int) INT.getAcquire(pins, Section.block(head));
    }
    if (order(head) == 1) {
      int value = (int) INT.getAcquire(block.ints, pinSlotOfOrder1(head));
      return value >>> FrameBlock.PAGES_MAPPED_BITS;
    }
    return (int) (long) LONG.getAcquire(block.mappings, pinIndex(head));
  }

  /** Counts {@code n} pins; returns the new count. An order-1 folio holds up to 2^20 - 1. */
  public int addPinCount(int head, int n) {
    SyncPoints.reach(SyncPoint.REFCOUNT);
    FrameBlock block = individual(head);
    if (block == null) {
      return (int) INT.getAndAdd(section(head).pins(), Section.block(head), n) + n;
    }
    if (order(head) == 1) {
      int change = n << FrameBlock.PAGES_MAPPED_BITS;
      int value = (int) INT.getAndAdd(block.ints, pinSlotOfOrder1(head), change) + change;
      return value >>> FrameBlock.PAGES_MAPPED_BITS;
    }
    return (int) ((long) LONG.getAndAdd(block.mappings, pinIndex(head), (long) n) + n);
  }

  private static int pinSlotOfOrder1(int head) {
    return FrameBlock.base(head) + FrameBlock.TAIL_PAGES_MAPPED;
  }

  private static int pinIndex(int head) {
    return (head & FrameBlock.FRAME_MASK) + FrameBlock.TAIL_PINS;
  }

  // Owners and lists.

  /** What the folio belongs to: the upper bits name it, the lower ones are a page offset. */
  public long mapping(int head) {
    FrameBlock block = individual(head);
    return block != null
        ? (long) LONG.getAcquire(block.mappings, head & FrameBlock.FRAME_MASK)
        : (long) LONG.getAcquire(section(head).mappings, Section.block(head));
  }

  public void setMapping(int head, long mapping) {
    FrameBlock block = individual(head);
    if (block != null) {
      LONG.setRelease(block.mappings, head & FrameBlock.FRAME_MASK, mapping);
    } else {
      LONG.setRelease(section(head).mappings, Section.block(head), mapping);
    }
  }

  public int lruNext(int head) {
    return load(head, FrameBlock.NEXT);
  }

  public void setLruNext(int head, int nextPfn) {
    store(head, FrameBlock.NEXT, nextPfn);
  }

  public int lruPrev(int head) {
    return load(head, FrameBlock.PREV);
  }

  public void setLruPrev(int head, int prevPfn) {
    store(head, FrameBlock.PREV, prevPfn);
  }

  /** Of a folio of order 2 or more. */
  public int deferredNext(int head) {
    return loadLarge(head, Section.DEFERRED_NEXT, FrameBlock.TAIL_DEFERRED_NEXT);
  }

  public void setDeferredNext(int head, int nextPfn) {
    storeLarge(head, Section.DEFERRED_NEXT, FrameBlock.TAIL_DEFERRED_NEXT, nextPfn);
  }

  public int deferredPrev(int head) {
    return loadLarge(head, Section.DEFERRED_PREV, FrameBlock.TAIL_DEFERRED_PREV);
  }

  public void setDeferredPrev(int head, int prevPfn) {
    storeLarge(head, Section.DEFERRED_PREV, FrameBlock.TAIL_DEFERRED_PREV, prevPfn);
  }

  // Pageblocks.

  /** What the 2 MiB block of {@code pfn} is kept for. */
  public MigrateType migrateType(int pfn) {
    return MigrateType.of(migrateTypeIndex(pfn));
  }

  int migrateTypeIndex(int pfn) {
    Section section = sectionOrNull(pfn);
    return section == null ? MigrateType.MOVABLE.index : section.migrateTypes[Section.block(pfn)];
  }

  /** Under the ZONE lock. */
  void setMigrateType(int pfn, MigrateType type) {
    section(pfn).migrateTypes[Section.block(pfn)] = (byte) type.index;
  }

  // Changes of shape.

  /**
   * Makes free frames a folio of {@code order} with one reference and all else 0.
   *
   * @param head aligned to the order; free, and the caller's
   */
  void prepareFolio(int head, int order) {
    if (order == 0) {
      store(head, FrameBlock.REF, 1);
    } else {
      FolioShapes.prepareLarge(this, head, order);
    }
  }

  /**
   * Makes the frames of a folio free ones, in the hands of the caller.
   *
   * @throws IllegalStateException when it is referenced, mapped, locked or on a list
   */
  void releaseFolio(int head, int order) {
    if (order == 0) {
      FolioShapes.releaseSmall(this, head);
    } else {
      FolioShapes.releaseLarge(this, head, order);
    }
  }

  /**
   * Makes a frozen, unmapped folio of {@code oldOrder} into folios of {@code newOrder}, all frozen:
   * the caller unfreezes each. The first keeps all flags that small folios may have, the others get
   * what a split hands on; each gets the mapping word of the old folio plus its page offset.
   *
   * <p>The caller holds the LRU lock when the folio is on an LRU list (only the first stays there);
   * the folio must be off the deferred queue.
   *
   * @throws IllegalStateException when it is not frozen, or a page of it is mapped
   */
  public void splitFolio(int head, int oldOrder, int newOrder) {
    FolioShapes.split(this, head, oldOrder, newOrder);
  }

  /** Gives each page of a folio of order 9 or more room for a mapCount and page flags. */
  public void expandTails(int head) {
    for (int block = 0; block < pages(head); block += FrameBlock.FRAMES) {
      block(head + block);
    }
  }

  /**
   * Takes that room away when no page is mapped by itself; page flags but the head's are lost.
   *
   * @throws IllegalStateException when a page of it is mapped by itself
   */
  public void collapseTails(int head) {
    FolioShapes.dropTails(this, head, order(head));
  }

  /** Whether the pages of the whole folio have room for mapCounts; false for small folios. */
  public boolean hasTails(int head) {
    FrameBlock block = blockOrNull(head);
    return block != null && !block.individual;
  }

  /** A frame or folio, for messages. */
  public String describe(int pfn) {
    return "pfn %s (order %d, flags %x, refCount %d)"
        .formatted(Integer.toUnsignedString(pfn), order(pfn), flags(pfn), refCount(pfn));
  }
}
