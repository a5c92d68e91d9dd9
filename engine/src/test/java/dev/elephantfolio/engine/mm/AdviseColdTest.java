package dev.elephantfolio.engine.mm;

import static dev.elephantfolio.engine.mm.RangeFixture.HUGE;
import static dev.elephantfolio.engine.mm.RangeFixture.PAGE;
import static dev.elephantfolio.engine.mm.RangeFixture.assertErrno;
import static dev.elephantfolio.engine.mm.RangeFixture.page;
import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertFalse;
import static org.junit.jupiter.api.Assertions.assertTrue;

import dev.elephantfolio.engine.Errno;
import dev.elephantfolio.engine.Process;
import dev.elephantfolio.engine.frame.FolioFlags;
import dev.elephantfolio.engine.stat.ThpStat;
import dev.elephantfolio.engine.stat.VmEvent;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.Test;

/** MADV_COLD and MADV_PAGEOUT on a machine without swap; figures of a live 6.18. */
final class AdviseColdTest {
  private final RangeFixture on = new RangeFixture();

  @AfterEach
  void nothingIsLost() {
    on.finish();
  }

  @Test
  void coldHugePageStaysWhole() {
    on.mapHuge(0);
    on.advise(0, 512, Madvise.COLD);
    assertEquals("HHHH", on.quarters(0, 4));
    assertEquals(0, on.smapsOf(0).referencedBytes());
  }

  /** The other half is never written: its pages of zeroes give way to the zero page. */
  @Test
  void coldHalfOfAHugePageSplitsIt() {
    on.mapHuge(0);
    on.write(0, 256);
    on.advise(0, 256, Madvise.COLD);
    assertEquals("sszz", on.quarters(0, 4));
    assertEquals(1, on.count(VmEvent.THP_SPLIT_PAGE));
    assertEquals(HUGE / 2, on.smapsOf(0).rssBytes());
  }

  @Test
  void pageOutSplitsAndActivates() {
    on.mapHuge(0);
    on.write(0, 512);
    on.advise(0, 512, Madvise.PAGEOUT);
    assertEquals("ssss", on.quarters(0, 4));
    assertTrue(on.folioHas(9, FolioFlags.ACTIVE | FolioFlags.LRU | FolioFlags.DIRTY));
    assertEquals(HUGE, on.smapsOf(0).rssBytes());
    assertEquals(1, on.count(VmEvent.THP_SWPOUT_FALLBACK));
    assertEquals(1, on.machine.kernel().thpStats().get(9, ThpStat.SWPOUT_FALLBACK));
    on.advise(0, 512, Madvise.COLD);
    assertFalse(on.folioHas(9, FolioFlags.ACTIVE));
  }

  @Test
  void whatOthersMapIsLeftAlone() {
    on.mapHuge(0);
    on.map(512, 2);
    on.write(512, 1);
    Process child = on.process.fork("child");
    on.write(513, 1);
    on.drain();
    on.advise(0, 514, Madvise.PAGEOUT);
    assertEquals("HHHH", on.quarters(0, 4));
    assertFalse(on.folioHas(512, FolioFlags.ACTIVE));
    assertTrue(on.folioHas(513, FolioFlags.ACTIVE));
    child.exit();
  }

  @Test
  void lockedAreasRefuse() {
    on.map(0, 2);
    on.process.mlock(page(0), PAGE);
    assertErrno(Errno.EINVAL, () -> on.advise(0, 1, Madvise.COLD));
    assertErrno(Errno.EINVAL, () -> on.advise(0, 1, Madvise.PAGEOUT));
  }
}
