package dev.elephantfolio.trace.perf;

import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertTrue;

import dev.elephantfolio.trace.Seeds;
import java.util.Arrays;
import java.util.Random;
import org.junit.jupiter.api.Test;

class RegionMapTest {
  private static final int PAGES = 64;
  private static final long PAGE_BYTES = 4096;

  /** Against the plainest model there is: an array that holds each page's tag. */
  @Test
  void doesWhatAnArrayOfPagesDoes() {
    Random random = Seeds.random("doesWhatAnArrayOfPagesDoes");
    for (int run = 0; run < 500; run++) {
      RegionMap map = new RegionMap();
      int[] model = new int[PAGES];
      for (int step = 0; step < 60; step++) {
        change(random, map, model, step + 1);
        assertSame(map, model);
      }
      assertSame(map.copy(), model);
    }
  }

  private static void change(Random random, RegionMap map, int[] model, int tag) {
    int from = random.nextInt(PAGES);
    int to = from + random.nextInt(PAGES - from + 1);
    boolean set = random.nextBoolean();
    Arrays.fill(model, from, to, set ? tag : 0);
    if (set) {
      map.set(from * PAGE_BYTES, to * PAGE_BYTES, 0, tag);
    } else {
      map.clear(from * PAGE_BYTES, to * PAGE_BYTES);
    }
  }

  private static void assertSame(RegionMap map, int[] model) {
    for (int page = 0; page < PAGES; page++) {
      long address = page * PAGE_BYTES + 8;
      int index = map.find(address);
      assertEquals(model[page], index < 0 ? 0 : map.tag(index), "page " + page);
      assertEquals(model[page] == 0, map.isFree(address, address + 1));
    }
    for (int i = 1; i < map.size(); i++) {
      assertTrue(map.start(i - 1) < map.end(i - 1) && map.end(i - 1) <= map.start(i));
    }
  }

  /*
   *      . . . . . . . SSSS        S grows down
   *      ^     ^       ^
   *      3     2       1           touched in this order: 3 is too far
   */
  @Test
  void aStackGrowsDownToATouchButNotTooFar() {
    RegionMap map = new RegionMap();
    long top = 0x7FFF_FFFF_F000L;
    map.set(top - 0x21000, top, RegionMap.GROWS_DOWN, 0);
    assertEquals(0, map.findGrowing(top - 0x21000));
    assertEquals(-1, map.find(top - 0x30001));
    assertEquals(0, map.findGrowing(top - 0x30001));
    assertEquals(0, map.find(top - 0x30001));
    assertEquals(-1, map.findGrowing(top - RegionMap.GROWTH_LIMIT_BYTES - 1));
  }

  @Test
  void whatDoesNotGrowDownDoesNot() {
    RegionMap map = new RegionMap();
    map.set(0x5000, 0x6000, 0, 0);
    assertEquals(-1, map.findGrowing(0x4fff));
  }
}
