package dev.elephantfolio.engine.frame;

import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertNotEquals;
import static org.junit.jupiter.api.Assertions.assertTrue;

import dev.elephantfolio.engine.sync.Cpus;
import dev.elephantfolio.engine.sync.Seeds;
import dev.elephantfolio.engine.sync.Task;
import dev.elephantfolio.engine.sync.ThreadModel;
import java.util.ArrayList;
import java.util.List;
import java.util.SplittableRandom;
import org.junit.jupiter.api.Test;

class PageAllocatorTest {
  private static final long FRAMES_64_MIB = 16 << 10;

  private static PageAllocator allocator(long frames, int cpus) {
    return new PageAllocator(new MemMap(frames), new Cpus(cpus), 0);
  }

  private static void free(PageAllocator pages, int pfn, int order) {
    assertEquals(0, pages.memMap().put(pfn, 1));
    pages.free(pfn, order);
  }

  private static List<Integer> randomPfns(long seed) {
    PageAllocator pages = allocator(FRAMES_64_MIB, 2);
    SplittableRandom random = new SplittableRandom(seed);
    List<Integer> pfns = new ArrayList<>();
    for (int step = 0; step < 2_000; step++) {
      int order = random.nextInt(4);
      int pfn = pages.allocate(order, GfpFlags.HIGHUSER_MOVABLE);
      pfns.add(pfn);
      if (pfn != 0 && random.nextBoolean()) {
        free(pages, pfn, order);
      }
    }
    return pfns;
  }

  @Test
  void theSameOperationsGetTheSamePfns() {
    long seed = Seeds.next("theSameOperationsGetTheSamePfns");
    assertEquals(randomPfns(seed), randomPfns(seed));
  }

  @Test
  void zonesWatermarksAndListsAreTheKernels() {
    // /proc/zoneinfo of an 8 GiB machine with two processors and vm.min_free_kbytes = 67584.
    assertEquals(new Watermarks(30, 37, 44), Watermarks.of(3840, 2120243, 67584, 10));
    assertEquals(new Watermarks(6159, 7698, 9237), Watermarks.of(772915, 2120243, 67584, 10));
    assertEquals(new Watermarks(10706, 13382, 16058), Watermarks.of(1343488, 2120243, 67584, 10));
    assertEquals(11646, Watermarks.minFreeKbytesDefault(2119424));
    PageAllocator pages = allocator(1 << 21, 2);
    Zone dma = pages.zones().getFirst();
    assertEquals(((1 << 20) - 4096) / 256, dma.lowmemReserve(ZoneKind.DMA32));
    assertEquals(((1 << 21) - 4096) / 256, dma.lowmemReserve(ZoneKind.NORMAL));
    assertEquals((1 << 21) - 1, pages.managedFrames());
    assertEquals((1 << 21) - 1, pages.freePages());
  }

  @Test
  void untouchedMemoryIsCountedAsFreeBlocks() {
    PageAllocator pages = allocator(FRAMES_64_MIB, 1);
    Zone dma32 = pages.zones().get(1);
    assertEquals(12, dma32.freeBlocks(10));
    int pfn = pages.allocate(9, GfpFlags.TRANSHUGE);
    assertEquals(11, dma32.freeBlocks(10));
    free(pages, pfn, 9);
    pages.drain();
    assertEquals(12, dma32.freeBlocks(10));
  }

  @Test
  void whatCannotMoveStaysTogether() {
    PageAllocator pages = allocator(FRAMES_64_MIB, 1);
    int movable = pages.allocate(0, GfpFlags.HIGHUSER_MOVABLE);
    int unmovable = pages.allocate(0, GfpFlags.KERNEL);
    int reclaimable = pages.allocate(0, GfpFlags.KERNEL | GfpFlags.RECLAIMABLE);
    MemMap map = pages.memMap();
    assertEquals(MigrateType.MOVABLE, map.migrateType(movable));
    assertEquals(MigrateType.UNMOVABLE, map.migrateType(unmovable));
    assertEquals(MigrateType.RECLAIMABLE, map.migrateType(reclaimable));
    FrameCheck.check(pages);
  }

  @Test
  void everyTypeGetsTheLastMemoryOfTheOthers() {
    for (int gfp :
        new int[] {
          GfpFlags.KERNEL, GfpFlags.HIGHUSER_MOVABLE, GfpFlags.KERNEL | GfpFlags.RECLAIMABLE
        }) {
      PageAllocator pages = allocator(FRAMES_64_MIB, 1);
      pages.configureWatermarks(0, 0);
      pages.allocate(0, GfpFlags.KERNEL);
      pages.allocate(0, GfpFlags.HIGHUSER_MOVABLE);
      pages.allocate(0, GfpFlags.KERNEL | GfpFlags.RECLAIMABLE);
      int count = 3;
      while (pages.allocate(0, gfp) != 0) {
        count++;
      }
      long reserve = pages.zones().getFirst().lowmemReserve(ZoneKind.DMA32);
      assertTrue(count >= FRAMES_64_MIB - 1 - reserve - 64, count + " frames");
      FrameCheck.check(pages);
    }
  }

  @Test
  void anAllocationThatMayNotWaitLeavesTheReserve() {
    PageAllocator pages = allocator(FRAMES_64_MIB, 1);
    while (pages.allocate(0, GfpFlags.MOVABLE) != 0) {}
    Zone dma32 = pages.zones().get(1);
    assertTrue(dma32.freeFrames() <= dma32.watermarks().minFrames());
    assertTrue(dma32.freeFrames() + dma32.perCpuFrames() + 64 > dma32.watermarks().minFrames());
  }

  @Test
  void reclaimIsAskedWhileItHelps() {
    PageAllocator pages = allocator(FRAMES_64_MIB, 1);
    List<Integer> taken = new ArrayList<>();
    int pfn;
    while ((pfn = pages.allocate(9, GfpFlags.TRANSHUGE)) != 0) {
      taken.add(pfn);
    }
    int[] asked = new int[2];
    pages.reclaimWith(
        new ReclaimSeam() {
          @Override
          public boolean tryFree(int order, int gfp) {
            asked[0]++;
            boolean more = asked[0] <= 4;
            if (more) {
              free(pages, taken.removeLast(), 9);
            }
            return more;
          }

          @Override
          public void wake(Zone zone, int order) {
            asked[1]++;
          }
        });
    assertEquals(0, pages.allocate(9, GfpFlags.TRANSHUGE_LIGHT));
    assertEquals(0, asked[0] + asked[1]);
    assertNotEquals(0, pages.allocate(9, GfpFlags.TRANSHUGE));
    assertEquals(1, asked[0]);
    int order10 = pages.allocate(10, GfpFlags.TRANSHUGE | GfpFlags.KSWAPD_RECLAIM);
    assertTrue(asked[0] > 1);
    assertEquals(2, asked[1]);
    assertTrue(order10 != 0 || asked[0] == 5);
  }

  @Test
  void manyThreadsLoseAndDoubleNothing() {
    long seed = Seeds.next("manyThreadsLoseAndDoubleNothing");
    PageAllocator pages = allocator(FRAMES_64_MIB, 3);
    pages.configureWatermarks(0, 0);
    long atFirst = pages.freePages();
    List<Task> tasks = new ArrayList<>();
    for (int thread = 0; thread < 4; thread++) {
      SplittableRandom random = new SplittableRandom(seed + thread);
      tasks.add(new Task("allocator" + thread, () -> allocateAndFree(pages, random, 60_000)));
    }
    ThreadModel.real().run(tasks);
    assertEquals(0, FrameCheck.check(pages));
    pages.drain();
    assertEquals(0, FrameCheck.check(pages));
    assertEquals(atFirst, pages.freePages());
  }

  /** Takes folios, marks them as its own, and gives back those that still bear the mark. */
  static void allocateAndFree(PageAllocator pages, SplittableRandom random, int steps) {
    MemMap map = pages.memMap();
    long mark = random.nextLong() | 1;
    int[] pfns = new int[64];
    int[] orders = new int[64];
    for (int step = 0; step < steps; step++) {
      int slot = random.nextInt(pfns.length);
      if (pfns[slot] != 0) {
        assertEquals(mark + slot, map.mapping(pfns[slot]));
        free(pages, pfns[slot], orders[slot]);
      }
      orders[slot] = random.nextInt(3) == 0 ? random.nextInt(10) : 0;
      pfns[slot] = pages.allocate(orders[slot], random.nextInt(2));
      if (pfns[slot] != 0) {
        assertEquals(0, map.mapping(pfns[slot]));
        map.setMapping(pfns[slot], mark + slot);
      }
    }
    for (int slot = 0; slot < pfns.length; slot++) {
      if (pfns[slot] != 0) {
        free(pages, pfns[slot], orders[slot]);
      }
    }
  }

  @Test
  void runsAreFreedLikeSingleFrames() {
    long seed = Seeds.next("runsAreFreedLikeSingleFrames");
    SplittableRandom random = new SplittableRandom(seed);
    PageAllocator pages = allocator(FRAMES_64_MIB, 1);
    pages.configureWatermarks(0, 0);
    List<Integer> taken = new ArrayList<>();
    for (int round = 0; round < 200; round++) {
      int pfn = 1;
      for (int count = random.nextInt(3_000); count > 0 && pfn != 0; count--) {
        pfn = pages.allocate(0, GfpFlags.HIGHUSER_MOVABLE);
        if (pfn != 0) {
          taken.add(pfn);
        }
      }
      int start = random.nextInt(taken.size() + 1);
      List<Integer> part = taken.subList(start, random.nextInt(start, taken.size() + 1));
      int[] freed = part.stream().mapToInt(Integer::intValue).toArray();
      part.clear();
      for (int each : freed) {
        assertEquals(0, pages.memMap().put(each, 1));
      }
      pages.freeAll(freed, freed.length);
      assertEquals(taken.size(), FrameCheck.check(pages));
    }
  }

  @Test
  void manyBlocksAtOnceAreTheSameAsOneByOne() {
    long seed = Seeds.next("manyBlocksAtOnceAreTheSameAsOneByOne");
    SplittableRandom random = new SplittableRandom(seed);
    Zone one = allocator(FRAMES_64_MIB, 1).zones().get(1);
    Zone other = allocator(FRAMES_64_MIB, 1).zones().get(1);
    List<long[]> taken = new ArrayList<>();
    for (int step = 0; step < 2_000; step++) {
      if (!taken.isEmpty() && random.nextInt(3) == 0) {
        long[] block = taken.remove(random.nextInt(taken.size()));
        one.give((int) block[0], (int) block[1]);
        other.give((int) block[0], (int) block[1]);
        continue;
      }
      int order = random.nextInt(4);
      MigrateType type = MigrateType.of(random.nextInt(MigrateType.COUNT));
      boolean noFragment = random.nextBoolean();
      int count = random.nextInt(1, 100);
      IntRing atOnce = new IntRing();
      one.takeBulk(atOnce, order, type, noFragment, count);
      for (int block = 0; block < count; block++) {
        int pfn = other.take(order, type, noFragment);
        assertEquals(pfn, atOnce.isEmpty() ? 0 : atOnce.popFront());
        if (pfn != 0) {
          taken.add(new long[] {pfn, order});
        }
      }
    }
    for (int order = 0; order <= PageAllocator.ORDER_MAX; order++) {
      for (MigrateType type : MigrateType.values()) {
        assertEquals(one.freeBlocks(order, type), other.freeBlocks(order, type));
      }
    }
  }

  @Test
  void anyMachineSizeIsWholeAndGivesAllBack() {
    for (long frames : new long[] {2, 3, 100, 512, 1023, 1025, 4096, 4097, 5000, 9 << 10}) {
      PageAllocator pages = allocator(frames, 1);
      pages.configureWatermarks(0, 0);
      assertEquals(frames - 1, pages.freePages());
      List<Integer> taken = new ArrayList<>();
      int pfn;
      while ((pfn = pages.allocate(0, GfpFlags.HIGHUSER_MOVABLE)) != 0) {
        taken.add(pfn);
      }
      assertEquals(taken.size(), FrameCheck.check(pages));
      for (int each : taken) {
        free(pages, each, 0);
      }
      assertEquals(0, FrameCheck.check(pages));
      pages.drain();
      assertEquals(frames - 1, pages.freePages());
    }
  }
}
