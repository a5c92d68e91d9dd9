package dev.elephantfolio.engine.frame;

import static dev.elephantfolio.engine.frame.FrameBlock.INT;
import static dev.elephantfolio.engine.frame.FrameBlock.LONG;

import dev.elephantfolio.engine.sync.SpinWait;
import dev.elephantfolio.engine.sync.SyncPoint;
import dev.elephantfolio.engine.sync.SyncPoints;

/**
 * The memory map: counts and links of every frame and folio, beside their {@link FrameFlags}.
 *
 * <p>A {@code head} is the first pfn of a folio; a {@code pfn} may be any page of one. Single
 * operations are atomic; what must hold between them is the callers' affair:
 *
 * <pre>
 *  what                                   | guarded by
 *  ---------------------------------------+-------------------------------------------------------
 *  refCount                               | atomic; 0 means free, or frozen by freezeRef
 *  mapCount, entireMapCount               | atomic; change under the lock of the page table
 *  largeMapCount, mm ids and their counts | lockMapCounts
 *  nrPagesMapped, pinCount                | atomic
 *  mapping                                | the folio lock, or no one else has the folio yet
 *  lruNext, lruPrev                       | of free memory: ZONE; else the LRU lock, or the owner's
 *  deferredNext, deferredPrev             | DEFERRED_SPLIT
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
public final class MemMap extends FrameFlags {
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

  // References.

  public int refCount(int head) {
    reach(SyncPoint.LOAD, FramePart.REF, head);
    int count = load(head, FrameBlock.REF);
    tellRead(FramePart.REF, head, count);
    return count;
  }

  /** Adds {@code n} references; the caller has one already. */
  public void get(int head, int n) {
    reach(SyncPoint.GET, FramePart.REF, head);
    int before = fetchAdd(head, FrameBlock.REF, n);
    tellChanged(FramePart.REF, head, before, before + n);
  }

  /** Takes a reference unless there is none (free or frozen). Needs no lock. */
  public boolean tryGet(int head) {
    return tryGet(head, 1);
  }

  /** Takes {@code n} references unless there are none (free or frozen). Needs no lock. */
  public boolean tryGet(int head, int n) {
    reach(SyncPoint.TRY_GET, FramePart.REF, head);
    FrameBlock block = individual(head);
    int before =
        block != null
            ? addUnlessZero(block.ints, FrameBlock.base(head) + FrameBlock.REF, n)
            : tryGetWhole(head, n);
    boolean got = before > 0;
    tellRead(FramePart.REF, head, got ? 1 : 0);
    tellChanged(FramePart.REF, head, before, got ? before + n : before);
    return got;
  }

  private int tryGetWhole(int head, int n) {
    // One who came late may take a tail for a head; a tail has no references to be had.
    return (head & FrameBlock.FRAME_MASK) == 0
        ? addUnlessZero(section(head).ints, Section.base(head) + Section.REF, n)
        : 0;
  }

  /** Gives what was there before; nothing was added when that is not positive. */
  private static int addUnlessZero(int[] ints, int index, int n) {
    int count = (int) INT.getAcquire(ints, index);
    while (count > 0) {
      int seen = (int) INT.compareAndExchange(ints, index, count, count + n);
      if (seen == count) {
        return count;
      }
      count = seen;
    }
    return 0;
  }

  /** Drops {@code n} references; returns how many are left. At 0 the caller must free the folio. */
  public int put(int head, int n) {
    reach(SyncPoint.PUT, FramePart.REF, head);
    int left = fetchAdd(head, FrameBlock.REF, -n) - n;
    tellChanged(FramePart.REF, head, left + n, left);
    tellRead(FramePart.REF, head, left == 0 ? 0 : 1);
    if (left < 0) {
      throw new IllegalStateException(describe(head) + ": " + n + " references put too many");
    }
    return left;
  }

  /** Makes {@code expected} references 0, so that nobody can take one; false if there are not. */
  public boolean freezeRef(int head, int expected) {
    reach(SyncPoint.FREEZE, FramePart.REF, head);
    boolean frozen = compareAndSet(head, FrameBlock.REF, expected, 0);
    tellRead(FramePart.REF, head, frozen ? 1 : 0);
    if (frozen) {
      tellChanged(FramePart.REF, head, expected, 0);
    }
    return frozen;
  }

  /** Lets a frozen folio (or a piece of a frozen one) go with {@code n} references. */
  public void unfreezeRef(int head, int n) {
    reach(SyncPoint.UNFREEZE, FramePart.REF, head);
    tellChanged(FramePart.REF, head, 0, n);
    store(head, FrameBlock.REF, n);
  }

  // Mappings.

  /** How many page-table entries map this page by itself. */
  public int mapCount(int pfn) {
    reach(SyncPoint.LOAD, FramePart.MAP_COUNT, pfn);
    FrameBlock block = blockOrNull(pfn);
    int count = block == null ? 0 : (int) INT.getAcquire(block.ints, mapSlot(pfn));
    tellRead(FramePart.MAP_COUNT, pfn, count);
    return count;
  }

  /** Sets the count of a page of order 0 that nobody else can see yet. */
  public void setMapCountUnshared(int pfn, int count) {
    tellChanged(FramePart.MAP_COUNT, pfn, 0, count);
    INT.set(block(pfn).ints, mapSlot(pfn), count);
  }

  /** Counts a PTE of this page; returns the new count. */
  public int incMapCount(int pfn) {
    return addMapCount(pfn, 1);
  }

  /** Uncounts a PTE of this page; returns the new count. */
  public int decMapCount(int pfn) {
    int left = addMapCount(pfn, -1);
    if (left < 0) {
      throw new IllegalStateException(describe(pfn) + ": unmapped once too often");
    }
    return left;
  }

  private int addMapCount(int pfn, int n) {
    reach(SyncPoint.MAPCOUNT, FramePart.MAP_COUNT, pfn);
    int count = (int) INT.getAndAdd(block(pfn).ints, mapSlot(pfn), n) + n;
    tellAdded(FramePart.MAP_COUNT, pfn, count - n, count);
    return count;
  }

  private static int mapSlot(int pfn) {
    return FrameBlock.base(pfn) + FrameBlock.MAP;
  }

  /** How many PMD entries map the folio; 0 below order 9. */
  public int entireMapCount(int head) {
    reach(SyncPoint.LOAD, FramePart.ENTIRE_MAP_COUNT, head);
    int count = individual(head) != null ? 0 : load(head, Section.ENTIRE_MAP_COUNT);
    tellRead(FramePart.ENTIRE_MAP_COUNT, head, count);
    return count;
  }

  /** Counts {@code n} PMD entries of a folio of order 9 or more; returns the new count. */
  public int addEntireMapCount(int head, int n) {
    reach(SyncPoint.MAPCOUNT, FramePart.ENTIRE_MAP_COUNT, head);
    if (individual(head) != null) {
      throw new IllegalStateException(describe(head) + ": too small for a PMD");
    }
    int count = fetchAdd(head, Section.ENTIRE_MAP_COUNT, n) + n;
    tellAdded(FramePart.ENTIRE_MAP_COUNT, head, count - n, count);
    return count;
  }

  /** How many entries of either kind map the large folio or pages of it. */
  public int largeMapCount(int head) {
    reach(SyncPoint.LOAD, FramePart.LARGE_MAP_COUNT, head);
    int count = loadLarge(head, Section.LARGE_MAP_COUNT, FrameBlock.TAIL_LARGE_MAP_COUNT);
    tellRead(FramePart.LARGE_MAP_COUNT, head, count);
    return count;
  }

  public int addLargeMapCount(int head, int n) {
    reach(SyncPoint.MAPCOUNT, FramePart.LARGE_MAP_COUNT, head);
    int count = addLarge(head, Section.LARGE_MAP_COUNT, FrameBlock.TAIL_LARGE_MAP_COUNT, n);
    tellAdded(FramePart.LARGE_MAP_COUNT, head, count - n, count);
    return count;
  }

  /**
   * How many pages of the large folio are mapped; of order 9 or more it may hold a caller's mark
   * for PMD mappings above bit 12 as well.
   */
  public int nrPagesMapped(int head) {
    reach(SyncPoint.LOAD, FramePart.PAGES_MAPPED, head);
    FrameBlock block = individual(head);
    int value = loadLarge(head, Section.PAGES_MAPPED, FrameBlock.TAIL_PAGES_MAPPED);
    int mapped = block == null ? value : value & FrameBlock.PAGES_MAPPED_MASK;
    tellRead(FramePart.PAGES_MAPPED, head, mapped);
    return mapped;
  }

  public int addNrPagesMapped(int head, int n) {
    reach(SyncPoint.MAPCOUNT, FramePart.PAGES_MAPPED, head);
    int value = addLarge(head, Section.PAGES_MAPPED, FrameBlock.TAIL_PAGES_MAPPED, n);
    int mapped = individual(head) == null ? value : value & FrameBlock.PAGES_MAPPED_MASK;
    tellAdded(FramePart.PAGES_MAPPED, head, mapped - n, mapped);
    return mapped;
  }

  /**
   * Takes the bit lock over a large folio's largeMapCount and mm ids. It is taken last of all and
   * held for a few steps.
   */
  public void lockMapCounts(int head) {
    while (testAndSetFlag(head, FolioFlags.MAP_COUNTS_LOCKED)) {
      SpinWait.until("map counts", () -> !testFlag(head, FolioFlags.MAP_COUNTS_LOCKED));
    }
    SyncPoints.readState(this, FramePart.of(FramePart.OWNERS, head));
  }

  public void unlockMapCounts(int head) {
    SyncPoints.changedState(this, FramePart.of(FramePart.OWNERS, head));
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
    reach(SyncPoint.LOAD, FramePart.PINS, head);
    int pins = loadPins(head);
    tellRead(FramePart.PINS, head, pins);
    return pins;
  }

  private int loadPins(int head) {
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
    reach(SyncPoint.PIN, FramePart.PINS, head);
    int pins = addPins(head, n);
    tellAdded(FramePart.PINS, head, pins - n, pins);
    return pins;
  }

  private int addPins(int head, int n) {
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
    reach(SyncPoint.LOAD, FramePart.MAPPING, head);
    long mapping = loadMapping(head);
    tellRead(FramePart.MAPPING, head, mapping);
    return mapping;
  }

  private long loadMapping(int head) {
    FrameBlock block = individual(head);
    return block != null
        ? (long) LONG.getAcquire(block.mappings, head & FrameBlock.FRAME_MASK)
        : (long) LONG.getAcquire(section(head).mappings, Section.block(head));
  }

  public void setMapping(int head, long mapping) {
    if (SyncPoints.active()) {
      reach(SyncPoint.STORE, FramePart.MAPPING, head);
      long before = loadMapping(head);
      tellChanged(FramePart.MAPPING, head, before, mapping);
    }
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
    reach(SyncPoint.STORE, FramePart.REF, head);
    tellChanged(FramePart.REF, head, 0, 1);
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
