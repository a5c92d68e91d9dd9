package dev.elephantfolio.engine.frame;

import java.util.ArrayList;
import java.util.Arrays;
import java.util.List;

/**
 * Walks all frames and says what is wrong: every frame must be reserved, free in one buddy list, in
 * one per-processor list, or in one allocated folio, and the counts must agree. Nothing may happen
 * meanwhile.
 *
 * <p>Whole blocks take one step each and untouched memory none, so it takes a few nanoseconds for
 * each frame that is used piecemeal.
 */
public final class FrameCheck {
  private static final int PROBLEMS_MAX = 10;

  private final MemMap map;
  private final List<String> problems = new ArrayList<>();
  private long allocatedFrames;

  private FrameCheck(PageAllocator allocator) {
    this.map = allocator.memMap();
  }

  /**
   * @return how many frames are in allocated folios
   * @throws IllegalStateException naming the first things that are wrong
   */
  public static long check(PageAllocator allocator) {
    FrameCheck check = new FrameCheck(allocator);
    for (Zone zone : allocator.zones()) {
      check.checkZone(zone);
    }
    if (!check.problems.isEmpty()) {
      throw new IllegalStateException(String.join("\n", check.problems));
    }
    return check.allocatedFrames;
  }

  private void report(int pfn, String what) {
    if (problems.size() < PROBLEMS_MAX) {
      problems.add(map.describe(pfn) + ": " + what);
    }
  }

  private void report(Zone zone, String what) {
    if (problems.size() < PROBLEMS_MAX) {
      problems.add(zone.kind().kernelName() + ": " + what);
    }
  }

  private void checkZone(Zone zone) {
    long listedFrames = checkLists(zone);
    long[] perCpuBlocks = perCpuBlocks(zone);
    ZoneWalk walk = new ZoneWalk(zone, perCpuBlocks);
    walk.run();
    BuddyAllocator buddy = zone.buddy();
    long untouchedFrames = buddy.untouchedEnd() - buddy.untouched();
    expect(zone, "frames in buddy lists and free heads", listedFrames, walk.freeFrames);
    expect(zone, "free count", listedFrames + untouchedFrames, zone.freeFrames());
    expect(zone, "per-processor blocks found", perCpuBlocks.length, walk.perCpuBlocksFound);
    expect(zone, "per-processor count", walk.perCpuFrames, zone.perCpuFrames());
    expect(
        zone,
        "all frames",
        zone.managedFrames(),
        zone.freeFrames() + walk.perCpuFrames + walk.allocated);
    allocatedFrames += walk.allocated;
  }

  private void expect(Zone zone, String what, long expected, long actual) {
    if (expected != actual) {
      report(zone, what + ": " + expected + " against " + actual);
    }
  }

  /** Follows the buddy lists; returns the frames in them. */
  private long checkLists(Zone zone) {
    long frames = 0;
    for (int order = 0; order < BuddyAllocator.ORDERS; order++) {
      for (MigrateType type : MigrateType.values()) {
        frames += checkList(zone, order, type) << order;
      }
    }
    return frames;
  }

  private long checkList(Zone zone, int order, MigrateType type) {
    FreeLists lists = zone.buddy().lists();
    long length = 0;
    int prev = 0;
    for (int pfn = lists.first(order, type); pfn != 0; pfn = map.lruNext(pfn)) {
      checkListed(pfn, order, type, prev);
      prev = pfn;
      if (++length > zone.managedFrames()) {
        report(zone, "the list of order " + order + ", " + type + " runs in a circle");
        break;
      }
    }
    expect(zone, "length of the list of order " + order, lists.count(order, type), length);
    return length;
  }

  private void checkListed(int pfn, int order, MigrateType type, int prev) {
    if (map.flags(pfn) != (FolioFlags.BUDDY | order) || map.refCount(pfn) != 0) {
      report(pfn, "in the list of order " + order);
    }
    if (map.migrateType(pfn) != type) {
      report(pfn, "in the list of type " + type);
    }
    if (map.lruPrev(pfn) != prev) {
      report(pfn, "its link back is wrong");
    }
  }

  /** All blocks in per-processor lists, as order in the lowest bits below the frame, sorted. */
  private static long[] perCpuBlocks(Zone zone) {
    List<Long> blocks = new ArrayList<>();
    for (int cpu = 0; cpu < zone.cpus(); cpu++) {
      PerCpuPages pages = zone.perCpu(cpu);
      pages.lock.lock();
      try {
        pages.forEach((pfn, order) -> blocks.add(Integer.toUnsignedLong(pfn) << 8 | order));
      } finally {
        pages.lock.unlock();
      }
    }
    long[] sorted = blocks.stream().mapToLong(Long::longValue).toArray();
    Arrays.sort(sorted);
    return sorted;
  }

  /** A walk over the frames of a zone, from one block or folio to the next. */
  private final class ZoneWalk {
    private final Zone zone;
    private final long[] perCpuBlocks;
    private long freeFrames;
    private long allocated;
    private long perCpuFrames;
    private int perCpuBlocksFound;

    ZoneWalk(Zone zone, long[] perCpuBlocks) {
      this.zone = zone;
      this.perCpuBlocks = perCpuBlocks;
    }

    void run() {
      BuddyAllocator buddy = zone.buddy();
      walk(Math.max(buddy.startFrame(), 1), buddy.untouched());
      walk(Math.max(buddy.untouchedEnd(), 1), buddy.endFrame());
    }

    private void walk(long firstFrame, long endFrame) {
      long frame = firstFrame;
      while (frame < endFrame) {
        frame += step((int) frame);
      }
    }

    /** Looks at what starts here; returns its frames. */
    private long step(int pfn) {
      int flags = map.flags(pfn);
      long frames = 1L << (flags & FolioFlags.ORDER_MASK);
      if ((flags & FolioFlags.BUDDY) != 0) {
        freeFrames += frames;
        checkFree(pfn, (int) frames);
        return frames;
      }
      if (map.refCount(pfn) > 0) {
        allocated += frames;
        checkFolio(pfn, flags & FolioFlags.ORDER_MASK);
        return frames;
      }
      return stepPerCpu(pfn);
    }

    private long stepPerCpu(int pfn) {
      boolean nextIsThis =
          perCpuBlocksFound < perCpuBlocks.length
              && perCpuBlocks[perCpuBlocksFound] >>> 8 == Integer.toUnsignedLong(pfn);
      if (!nextIsThis) {
        report(pfn, "neither free nor in use");
        return 1;
      }
      long frames = 1L << (int) (perCpuBlocks[perCpuBlocksFound] & 0xff);
      perCpuBlocksFound++;
      perCpuFrames += frames;
      if (map.flags(pfn) != 0) {
        report(pfn, "in a per-processor list with flags");
      }
      checkFree(pfn, (int) frames);
      return frames;
    }

    private void checkFree(int pfn, int frames) {
      for (int frame = 0; frame < frames; frame++) {
        if (map.individual(pfn + frame) == null) {
          return;
        }
        if (map.refCount(pfn + frame) != 0 || map.mapCount(pfn + frame) != 0) {
          report(pfn + frame, "free and in use");
        }
        if (frame > 0 && map.flags(pfn + frame) != 0) {
          report(pfn + frame, "free, inside a block, with flags");
        }
      }
    }

    private void checkFolio(int head, int order) {
      if (map.head(head) != head) {
        report(head, "a tail where a folio should start");
      }
      for (int tail = 1; tail < 1 << order && map.individual(head) != null; tail++) {
        if (map.order(head + tail) != order || map.refCount(head + tail) > 0) {
          report(head + tail, "not a tail of order " + order);
        }
      }
    }
  }
}
