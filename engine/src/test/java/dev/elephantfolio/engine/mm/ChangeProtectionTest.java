package dev.elephantfolio.engine.mm;

import static dev.elephantfolio.engine.mm.RangeFixture.HUGE;
import static dev.elephantfolio.engine.mm.RangeFixture.PAGE;
import static dev.elephantfolio.engine.mm.RangeFixture.READ_WRITE;
import static dev.elephantfolio.engine.mm.RangeFixture.assertErrno;
import static dev.elephantfolio.engine.mm.RangeFixture.page;
import static org.junit.jupiter.api.Assertions.assertEquals;

import dev.elephantfolio.engine.Errno;
import dev.elephantfolio.engine.Process;
import dev.elephantfolio.engine.stat.VmEvent;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.Test;

/** What mprotect does to entries that are there. */
final class ChangeProtectionTest {
  private final RangeFixture on = new RangeFixture();

  @AfterEach
  void nothingIsLost() {
    on.finish();
  }

  @Test
  void hugePageChangesAsAWhole() {
    on.mapHuge(0);
    on.process.mprotect(page(0), HUGE, Prot.READ);
    assertErrno(Errno.EFAULT, () -> on.process.write(page(5), 1));
    on.process.mprotect(page(0), HUGE, READ_WRITE);
    long faults = on.process.faults();
    on.process.write(page(5), 1);
    assertEquals(faults, on.process.faults(), "an exclusive page becomes writable at once");
    assertEquals("HHHH", on.quarters(0, 4));
  }

  /**
   * <pre>
   *  page   0    128   256   384
   *         [ H     H     H     H ]
   *  mprotect     [     )           splits, the folio stays whole
   *         [ L     L     L     L ]
   * </pre>
   */
  @Test
  void partOfAHugePageSplitsTheMapping() {
    on.mapHuge(0);
    on.process.mprotect(page(128), 128 * PAGE, Prot.READ);
    assertEquals("LLLL", on.quarters(0, 4));
    assertEquals(1, on.count(VmEvent.THP_SPLIT_PMD));
    assertEquals(0, on.count(VmEvent.THP_SPLIT_PAGE));
    on.process.write(page(127), 1);
    assertErrno(Errno.EFAULT, () -> on.process.write(page(128), 1));
  }

  @Test
  void sharedPagesAreNotMadeWritable() {
    on.map(0, 4);
    on.write(0, 4);
    Process child = on.process.fork("child");
    on.process.mprotect(page(0), 4 * PAGE, Prot.READ);
    on.process.mprotect(page(0), 4 * PAGE, READ_WRITE);
    on.process.write(page(2), 99);
    assertEquals(3, child.read(page(2)));
    assertEquals(1, on.count(VmEvent.COW_COPY));
    child.exit();
  }

  @Test
  void noAccessKeepsThePages() {
    on.map(0, 2);
    on.write(0, 2);
    on.process.mprotect(page(0), 2 * PAGE, Prot.NONE);
    assertErrno(Errno.EFAULT, () -> on.process.read(page(0)));
    assertEquals(2 * PAGE, on.smapsOf(0).rssBytes());
    on.process.mprotect(page(0), 2 * PAGE, READ_WRITE);
    long faults = on.process.faults();
    assertEquals(1, on.process.read(page(0)));
    on.process.write(page(1), 5);
    assertEquals(faults, on.process.faults());
  }

  @Test
  void zeroPagesStayReadOnly() {
    on.map(0, 2);
    assertEquals(0, on.process.read(page(0)));
    on.process.mprotect(page(0), 2 * PAGE, Prot.READ);
    on.process.mprotect(page(0), 2 * PAGE, READ_WRITE);
    assertEquals("z.", on.picture(0, 2));
    on.process.write(page(0), 1);
    assertEquals("s.", on.picture(0, 2));
  }

  /** Seen on a live 6.18: the pages of a large folio that change as one batch share their dirt. */
  @Test
  void dirtSpreadsOverALargeFolio() {
    on.mapHugeByPtes(0);
    on.advise(0, 512, Madvise.FREE);
    on.write(0, 1);
    assertEquals(511 * PAGE, on.smapsOf(0).lazyFreeBytes());
    on.process.mprotect(page(0), HUGE, Prot.READ);
    assertEquals(0, on.smapsOf(0).lazyFreeBytes());
    assertEquals(HUGE, on.smapsOf(0).privateDirtyBytes());
  }
}
