package dev.elephantfolio.engine.mm;

import static dev.elephantfolio.engine.mm.RangeFixture.PAGE;
import static dev.elephantfolio.engine.mm.RangeFixture.assertErrno;
import static dev.elephantfolio.engine.mm.RangeFixture.page;
import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertTrue;

import dev.elephantfolio.engine.Errno;
import dev.elephantfolio.engine.Process;
import dev.elephantfolio.engine.stat.VmEvent;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.Test;

/** Guard pages, by MADV_GUARD_INSTALL and _REMOVE. */
final class GuardRegionsTest {
  private final RangeFixture on = new RangeFixture();

  @AfterEach
  void nothingIsLost() {
    on.finish();
  }

  @Test
  void anyAccessIsRefused() {
    on.map(0, 4);
    on.write(0, 4);
    on.advise(1, 2, Madvise.GUARD_INSTALL);
    assertEquals("sggs", on.picture(0, 4));
    assertErrno(Errno.EFAULT, () -> on.process.read(page(1)));
    assertErrno(Errno.EFAULT, () -> on.process.write(page(2), 1));
    assertEquals(2 * PAGE, on.smapsOf(0).rssBytes());
    assertTrue(on.areaOf(0).flags().contains("gu"));
    on.advise(0, 4, Madvise.GUARD_REMOVE);
    assertEquals("s..s", on.picture(0, 4));
    assertEquals(0, on.process.read(page(1)));
    assertTrue(on.areaOf(0).flags().contains("gu"), "the mark stays");
  }

  @Test
  void installingSplitsHugePages() {
    on.mapHuge(0);
    on.advise(0, 1, Madvise.GUARD_INSTALL);
    assertEquals("gL", on.picture(0, 2));
    assertEquals(1, on.count(VmEvent.THP_SPLIT_PMD));
    on.advise(0, 512, Madvise.GUARD_INSTALL);
    assertEquals("gggg", on.quarters(0, 4));
    assertEquals(0, on.process.rssBytes() - on.smapsOf(0).rssBytes() - stackBytes());
  }

  private long stackBytes() {
    return on.process.smapsRollup().rssBytes() - on.smapsOf(0).rssBytes();
  }

  @Test
  void removingLeavesHugePagesAlone() {
    on.mapHuge(0);
    on.advise(0, 512, Madvise.GUARD_REMOVE);
    assertEquals("HHHH", on.quarters(0, 4));
  }

  /** The flags and the markers of the parent, though it never touched a page. */
  @Test
  void aChildInheritsThem() {
    on.map(0, 4);
    on.advise(0, 2, Madvise.GUARD_INSTALL);
    Process child = on.process.fork("child");
    assertErrno(Errno.EFAULT, () -> child.read(page(0)));
    assertEquals(0, child.read(page(2)));
    on.check();
    child.exit();
  }

  @Test
  void whichAreasMayHaveThem() {
    on.map(0, 4);
    on.process.mlock(page(0), PAGE);
    assertErrno(Errno.EINVAL, () -> on.advise(0, 1, Madvise.GUARD_INSTALL));
    on.advise(0, 1, Madvise.GUARD_REMOVE);
    on.process.mprotect(page(1), PAGE, Prot.NONE);
    on.advise(1, 1, Madvise.GUARD_INSTALL);
    assertEquals("sg..", on.picture(0, 4));
    long shared = on.process.mmap(0, PAGE, Prot.READ, MapFlags.SHARED | MapFlags.ANONYMOUS);
    on.process.madvise(shared, PAGE, Madvise.GUARD_INSTALL);
    assertErrno(Errno.EFAULT, () -> on.process.read(shared));
  }

  @Test
  void otherAdviceLeavesThemStanding() {
    on.map(0, 4);
    on.write(0, 4);
    on.advise(1, 1, Madvise.GUARD_INSTALL);
    for (int advice : new int[] {Madvise.FREE, Madvise.COLD, Madvise.PAGEOUT, Madvise.WILLNEED}) {
      on.advise(0, 4, advice);
      assertEquals('g', on.picture(1, 1).charAt(0));
    }
  }
}
