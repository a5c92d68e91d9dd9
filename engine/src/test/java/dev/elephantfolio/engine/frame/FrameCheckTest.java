package dev.elephantfolio.engine.frame;

import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertThrows;
import static org.junit.jupiter.api.Assertions.assertTrue;

import dev.elephantfolio.engine.sync.Cpus;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.Test;

/** The check must see each kind of damage. */
class FrameCheckTest {
  private final MemMap map = new MemMap(8 << 10);
  private final PageAllocator pages = new PageAllocator(map, new Cpus(1), 0);
  private int small;
  private int large;

  @BeforeEach
  void someMemoryIsInUse() {
    small = pages.allocate(0, GfpFlags.KERNEL);
    large = pages.allocate(4, GfpFlags.KERNEL);
    assertEquals(17, FrameCheck.check(pages));
  }

  private void assertSeen(String expected) {
    IllegalStateException seen =
        assertThrows(IllegalStateException.class, () -> FrameCheck.check(pages));
    assertTrue(seen.toString().contains(expected), seen::toString);
  }

  private FreeLists lists() {
    return pages.zoneOf(large).buddy().lists();
  }

  @Test
  void aFrameThatNobodyHas() {
    map.put(small, 1);
    assertSeen("neither free nor in use");
  }

  @Test
  void aFrameInUseAndFree() {
    int listed = lists().first(6, MigrateType.UNMOVABLE);
    map.unfreezeRef(listed + 3, 1);
    assertSeen("free and in use");
  }

  @Test
  void aFolioInAList() {
    lists().push(large, 4, MigrateType.UNMOVABLE);
    assertSeen("in the list of order 4");
  }

  @Test
  void aBlockInTheListOfAnotherType() {
    int listed = lists().first(6, MigrateType.UNMOVABLE);
    map.setMigrateType(listed, MigrateType.RECLAIMABLE);
    assertSeen("in the list of type UNMOVABLE");
  }

  @Test
  void aBrokenLink() {
    int listed = lists().first(6, MigrateType.UNMOVABLE);
    map.setLruPrev(listed, small);
    assertSeen("its link back is wrong");
  }

  @Test
  void aListThatLostItsHead() {
    int listed = lists().first(5, MigrateType.UNMOVABLE);
    lists().remove(listed, 5, MigrateType.UNMOVABLE);
    assertSeen("neither free nor in use");
  }

  @Test
  void aTailOfAnotherOrder() {
    map.clearFlag(large + 5, FolioFlags.ORDER_MASK);
    assertSeen("not a tail of order 4");
  }

  @Test
  void aFrameInTheListsTwice() {
    int listed = pages.allocate(0, GfpFlags.KERNEL);
    map.put(listed, 1);
    pages.free(listed, 0);
    pages.zoneOf(listed).perCpu(0).give(listed, 0, MigrateType.UNMOVABLE);
    assertSeen("per-processor blocks found");
  }
}
