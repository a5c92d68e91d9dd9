package dev.elephantfolio.engine.mm;

import static dev.elephantfolio.engine.mm.RangeFixture.PAGE;
import static dev.elephantfolio.engine.mm.RangeFixture.READ_WRITE;
import static dev.elephantfolio.engine.mm.RangeFixture.assertErrno;
import static dev.elephantfolio.engine.mm.RangeFixture.page;
import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertFalse;
import static org.junit.jupiter.api.Assertions.assertTrue;

import dev.elephantfolio.engine.Errno;
import dev.elephantfolio.engine.frame.FolioFlags;
import dev.elephantfolio.engine.stat.VmEvent;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.Test;

/** Ranges that are faulted in before anybody touches them. */
final class PopulateTest {
  private static final int FIXED = MapFlags.PRIVATE | MapFlags.ANONYMOUS | MapFlags.FIXED;

  private final RangeFixture on = new RangeFixture();

  @AfterEach
  void nothingIsLost() {
    on.finish();
  }

  @Test
  void mapPopulateWritesWhereItMay() {
    on.process.mmap(page(0), 4 * PAGE, READ_WRITE, FIXED | MapFlags.POPULATE);
    on.process.mmap(page(4), 4 * PAGE, Prot.READ, FIXED | MapFlags.POPULATE);
    on.process.mmap(page(8), 4 * PAGE, Prot.NONE, FIXED | MapFlags.POPULATE);
    assertEquals("sssszzzz....", on.picture(0, 12));
  }

  @Test
  void aHugePageIsOneFault() {
    on.map(0, 512);
    on.advise(0, 512, Madvise.HUGEPAGE);
    long before = on.count(VmEvent.PGFAULT);
    on.advise(0, 512, Madvise.POPULATE_WRITE);
    assertEquals("HHHH", on.quarters(0, 4));
    assertEquals(1, on.count(VmEvent.PGFAULT) - before);
  }

  /**
   * <pre>
   *  read-write   none   read-write
   *  [ 0 1 2 3 )[ 4 5 )[ 6 7 8 )  hole [ 10 )
   * </pre>
   */
  @Test
  void adviceStopsAtTheFirstThatRefuses() {
    on.map(0, 9);
    on.process.mprotect(page(4), 2 * PAGE, Prot.NONE);
    on.map(10, 1);
    assertErrno(Errno.EINVAL, () -> on.advise(0, 11, Madvise.POPULATE_WRITE));
    assertEquals("ssss.......", on.picture(0, 11));
    assertErrno(Errno.ENOMEM, () -> on.advise(6, 5, Madvise.POPULATE_READ));
    assertEquals("sss" + "s..zzz..", on.picture(0, 11));
  }

  @Test
  void rightsAreThoseOfTheAdvice() {
    on.map(0, 1);
    on.process.mprotect(page(0), PAGE, Prot.READ);
    assertErrno(Errno.EINVAL, () -> on.advise(0, 1, Madvise.POPULATE_WRITE));
    on.advise(0, 1, Madvise.POPULATE_READ);
    on.process.mprotect(page(0), PAGE, Prot.WRITE);
    assertErrno(Errno.EINVAL, () -> on.advise(0, 1, Madvise.POPULATE_READ));
    on.advise(0, 1, Madvise.POPULATE_WRITE);
    assertEquals("s", on.picture(0, 1));
  }

  @Test
  void guardPagesAreBadAddresses() {
    on.map(0, 4);
    on.advise(2, 1, Madvise.GUARD_INSTALL);
    assertErrno(Errno.EFAULT, () -> on.advise(0, 4, Madvise.POPULATE_WRITE));
    assertEquals("ssg.", on.picture(0, 4));
    assertErrno(Errno.ENOMEM, () -> on.process.mlock(page(0), 4 * PAGE));
  }

  @Test
  void whatIsThereCountsAsUsed() {
    on.map(0, 2);
    on.write(0, 2);
    on.drain();
    assertFalse(on.folioHas(0, FolioFlags.REFERENCED));
    on.advise(0, 1, Madvise.POPULATE_READ);
    assertTrue(on.folioHas(0, FolioFlags.REFERENCED | FolioFlags.LRU));
    assertFalse(on.folioHas(1, FolioFlags.REFERENCED));
    on.advise(0, 1, Madvise.POPULATE_READ);
    assertTrue(on.folioHas(0, FolioFlags.ACTIVE));
    assertFalse(on.folioHas(0, FolioFlags.REFERENCED));
  }

  @Test
  void populatingForWritesSavesAFreedPage() {
    on.map(0, 1);
    on.write(0, 1);
    on.drain();
    on.advise(0, 1, Madvise.FREE);
    assertEquals(PAGE, on.smapsOf(0).lazyFreeBytes());
    on.advise(0, 1, Madvise.POPULATE_WRITE);
    assertTrue(on.folioHas(0, FolioFlags.DIRTY));
    on.advise(0, 1, Madvise.PAGEOUT);
    assertEquals("s", on.picture(0, 1));
  }
}
