package dev.elephantfolio.engine.mm;

import static dev.elephantfolio.engine.mm.RangeFixture.HUGE;
import static dev.elephantfolio.engine.mm.RangeFixture.PAGE;
import static dev.elephantfolio.engine.mm.RangeFixture.assertErrno;
import static dev.elephantfolio.engine.mm.RangeFixture.page;
import static org.junit.jupiter.api.Assertions.assertEquals;

import dev.elephantfolio.engine.Errno;
import dev.elephantfolio.engine.Process;
import dev.elephantfolio.engine.stat.VmEvent;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.Test;

/** MADV_FREE, and what MADV_PAGEOUT then makes of it; figures of a live 6.18. */
final class AdviseFreeTest {
  private final RangeFixture on = new RangeFixture();

  @AfterEach
  void nothingIsLost() {
    on.finish();
  }

  @Test
  void wholeHugePage() {
    on.mapHuge(0);
    on.advise(0, 512, Madvise.FREE);
    assertEquals("HHHH", on.quarters(0, 4));
    assertEquals(HUGE, on.smapsOf(0).lazyFreeBytes());
    assertEquals(HUGE, on.smapsOf(0).privateCleanBytes());
    assertEquals(0, on.smapsOf(0).referencedBytes());
    assertEquals(512, on.count(VmEvent.PGLAZYFREE));
    on.advise(0, 512, Madvise.PAGEOUT);
    assertEquals("....", on.quarters(0, 4));
    assertEquals(512, on.count(VmEvent.PGLAZYFREED));
    assertEquals(1, on.count(VmEvent.THP_SPLIT_PMD));
    assertEquals(0, on.count(VmEvent.THP_SPLIT_PAGE));
  }

  /**
   * <pre>
   *         [ H     H     H     H ]
   *  FREE   [           )            the folio is split first
   *         [ s     s  |  s     s ]  the first half lazily freed; pages of zeroes give way
   * </pre>
   */
  @Test
  void halfAHugePage() {
    on.mapHuge(0);
    on.write(0, 512);
    on.advise(0, 256, Madvise.FREE);
    assertEquals("ssss", on.quarters(0, 4));
    assertEquals(HUGE / 2, on.smapsOf(0).lazyFreeBytes());
    assertEquals(1, on.count(VmEvent.THP_SPLIT_PAGE));
    on.write(7, 1);
    on.advise(0, 512, Madvise.PAGEOUT);
    assertEquals("?.ss", on.quarters(0, 4));
    assertEquals(".......s.", on.picture(0, 9));
    assertEquals(8, on.process.read(page(7)), "written since: saved");
  }

  @Test
  void largeFolioMappedByPtesIsOne() {
    on.mapHugeByPtes(0);
    on.advise(0, 512, Madvise.FREE);
    assertEquals("LLLL", on.quarters(0, 4));
    assertEquals(HUGE, on.smapsOf(0).lazyFreeBytes());
    on.write(3, 1);
    on.advise(0, 512, Madvise.PAGEOUT);
    assertEquals("LLLL", on.quarters(0, 4), "one written page saves the folio");
    assertEquals(0, on.smapsOf(0).lazyFreeBytes());
    on.advise(0, 512, Madvise.FREE);
    on.advise(0, 512, Madvise.PAGEOUT);
    assertEquals("....", on.quarters(0, 4));
  }

  @Test
  void sharedHugePageIsLeftAlone() {
    on.mapHuge(0);
    Process child = on.process.fork("child");
    on.advise(0, 512, Madvise.FREE);
    assertEquals(0, on.smapsOf(0).lazyFreeBytes());
    on.advise(0, 100, Madvise.FREE);
    assertEquals("HHHH", on.quarters(0, 4));
    child.exit();
  }

  /**
   * A pin for reading gives its process a copy that no entry and no folio calls dirty. A child that
   * shares it and does not need it then gives it up for its parent too: so does a live 6.18.
   */
  @Test
  void cleanCopyGoesForAllThatShareIt() {
    on.map(0, 1);
    on.write(0, 1);
    Process sharer = on.process.fork("sharer");
    on.process.pinSlow(page(0), PAGE, 0).unpin();
    assertEquals(PAGE, on.smapsOf(0).privateCleanBytes());
    aChildFreesTheFirstPage();
    assertEquals(1, on.process.read(page(0)));
    on.drain();
    assertEquals(PAGE, on.smapsOf(0).lazyFreeBytes());
    on.advise(0, 1, Madvise.PAGEOUT);
    assertEquals(0, on.process.read(page(0)));
    assertEquals(1, sharer.read(page(0)));
    sharer.exit();
  }

  @Test
  void dirtOfOneEntrySavesThePageForAll() {
    on.map(0, 1);
    on.write(0, 1);
    aChildFreesTheFirstPage();
    on.advise(0, 1, Madvise.PAGEOUT);
    assertEquals(1, on.process.read(page(0)));
    assertEquals("s", on.picture(0, 1));
  }

  private void aChildFreesTheFirstPage() {
    Process child = on.process.fork("child");
    on.drain();
    child.madvise(page(0), PAGE, Madvise.FREE);
    child.exit();
  }

  /** Two owner slots are for the first two; one mapping in all says enough of the third. */
  @Test
  void thirdOwnerThatIsLeftAlone() {
    on.mapHuge(0);
    on.write(0, 512);
    Process second = on.process.fork("second");
    Process third = second.fork("third");
    on.process.munmap(page(0), HUGE);
    second.exit();
    third.madvise(page(0), HUGE / 2, Madvise.FREE);
    assertEquals(0, third.pagemap(page(0)).order());
    assertEquals(1, on.count(VmEvent.THP_SPLIT_PAGE));
    third.exit();
  }

  @Test
  void onlyPrivateAnonymousMemory() {
    long shared =
        on.process.mmap(0, PAGE, RangeFixture.READ_WRITE, MapFlags.SHARED | MapFlags.ANONYMOUS);
    assertErrno(Errno.EINVAL, () -> on.process.madvise(shared, PAGE, Madvise.FREE));
    on.map(0, 1);
    on.process.mlock(page(0), PAGE);
    assertErrno(Errno.EINVAL, () -> on.advise(0, 1, Madvise.FREE));
  }
}
