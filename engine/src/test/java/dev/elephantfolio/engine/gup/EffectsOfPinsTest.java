package dev.elephantfolio.engine.gup;

import static dev.elephantfolio.engine.gup.GupFixture.HUGE;
import static dev.elephantfolio.engine.gup.GupFixture.PAGE;
import static dev.elephantfolio.engine.gup.GupFixture.checkFilled;
import static dev.elephantfolio.engine.gup.GupFixture.errno;
import static dev.elephantfolio.engine.gup.GupFixture.fill;
import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertFalse;
import static org.junit.jupiter.api.Assertions.assertTrue;

import dev.elephantfolio.engine.Errno;
import dev.elephantfolio.engine.mm.Madvise;
import dev.elephantfolio.engine.mm.Prot;
import dev.elephantfolio.engine.stat.ThpStat;
import dev.elephantfolio.engine.stat.VmEvent;
import java.util.Optional;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.EnumSource;
import org.junit.jupiter.params.provider.ValueSource;

/**
 * What others cannot do to a folio while its pages are held, and what they count then. The numbers
 * are those of a live 6.18, where a registered io_uring buffer held the pages.
 */
final class EffectsOfPinsTest {
  private static final int MAYMOVE = 1;
  private static final int FIXED = 2;

  private final GupFixture f = new GupFixture();

  private void expectSplits(int pmd, int done, int failed, Runnable step) {
    long pmdBefore = f.count(VmEvent.THP_SPLIT_PMD);
    long doneBefore = f.count(VmEvent.THP_SPLIT_PAGE);
    long failedBefore = f.count(VmEvent.THP_SPLIT_PAGE_FAILED);
    long splitBefore = f.count(9, ThpStat.SPLIT);
    long splitFailedBefore = f.count(9, ThpStat.SPLIT_FAILED);
    step.run();
    assertEquals(pmd, f.count(VmEvent.THP_SPLIT_PMD) - pmdBefore, "thp_split_pmd");
    assertEquals(done, f.count(VmEvent.THP_SPLIT_PAGE) - doneBefore, "thp_split_page");
    assertEquals(failed, f.count(VmEvent.THP_SPLIT_PAGE_FAILED) - failedBefore, "failed");
    assertEquals(done, f.count(9, ThpStat.SPLIT) - splitBefore, "split");
    assertEquals(failed, f.count(9, ThpStat.SPLIT_FAILED) - splitFailedBefore, "split_failed");
    f.check();
  }

  @ParameterizedTest
  @EnumSource
  void adviceThatWantsAPartSplitFails(PinTest.Way way) {
    long at = f.mapHuge();
    PinnedPages pages = way.hold(f.process, at + PAGE, PAGE, GupFlags.WRITE);
    expectSplits(0, 0, 1, () -> f.process.madvise(at, PAGE, Madvise.FREE));
    expectSplits(0, 0, 1, () -> f.process.madvise(at, PAGE, Madvise.COLD));
    expectSplits(0, 0, 1, () -> f.process.madvise(at, PAGE, Madvise.PAGEOUT));
    assertTrue(f.process.pagemap(at).pmd());
    checkFilled(f.process, at, HUGE, 1);
    pages.unpin();
    expectSplits(1, 1, 0, () -> f.process.madvise(at, PAGE, Madvise.FREE));
    f.finish();
  }

  @Test
  void pageoutOfAllLeavesAPinnedFolioAlone() {
    long at = f.mapHuge();
    PinnedPages pages = f.process.pin(at, PAGE, GupFlags.WRITE);
    expectSplits(0, 0, 0, () -> f.process.madvise(at, HUGE, Madvise.PAGEOUT));
    assertTrue(f.process.pagemap(at).pmd());
    pages.unpin();
    f.finish();
  }

  @Test
  void partsThatAreUnmappedWaitForThePin() {
    long at = f.mapHuge();
    PinnedPages pages = f.process.pin(at, HUGE, GupFlags.WRITE);
    long deferred = f.count(9, ThpStat.SPLIT_DEFERRED);
    expectSplits(1, 0, 0, () -> f.process.madvise(at, HUGE / 2, Madvise.DONTNEED));
    assertEquals(deferred + 1, f.count(9, ThpStat.SPLIT_DEFERRED));
    assertEquals(1, f.machine.deferredSplitFolios());
    f.process.madvise(at, HUGE, Madvise.HUGEPAGE);
    assertEquals(
        Optional.of(Errno.EAGAIN), errno(() -> f.process.madvise(at, HUGE, Madvise.COLLAPSE)));
    expectSplits(0, 0, 1, () -> f.process.madvise(at + HUGE / 2, PAGE, Madvise.FREE));
    expectSplits(0, 0, 1, () -> f.process.madvise(at + HUGE / 2, HUGE / 2, Madvise.PAGEOUT));
    expectSplits(0, 0, 1, () -> assertEquals(0, f.machine.deferredSplitShrinker().scan(10)));
    assertEquals(1, f.machine.deferredSplitFolios(), "it is tried again later");
    checkFilled(pages, 1);
    pages.unpin();
    expectSplits(0, 1, 0, () -> assertEquals(1, f.machine.deferredSplitShrinker().scan(10)));
    assertEquals(0, f.machine.deferredSplitFolios());
    checkFilled(f.process, at + HUGE / 2, HUGE / 2, 1);
    f.finish();
  }

  @Test
  void aFolioThatIsUnmappedButHeldIsNotSplit() {
    long at = f.mapHuge();
    PinnedPages pages = f.process.pin(at, 4 * PAGE, GupFlags.WRITE);
    f.process.madvise(at, HUGE / 2, Madvise.DONTNEED);
    f.process.munmap(at, HUGE);
    assertEquals(1, f.machine.deferredSplitFolios());
    expectSplits(0, 0, 1, () -> assertEquals(0, f.machine.deferredSplitShrinker().scan(10)));
    checkFilled(pages, 1);
    pages.unpin();
    assertEquals(0, f.machine.deferredSplitFolios());
    f.finish();
  }

  @ParameterizedTest
  @EnumSource
  void splittingByHandPassesOverHeldFolios(PinTest.Way way) {
    long at = f.mapHuge();
    PinnedPages pages = way.hold(f.process, at + 5 * PAGE, PAGE, 0);
    expectSplits(0, 0, 0, () -> f.machine.splitHugePages(f.process, at, at + HUGE, 0));
    pages.unpin();
    expectSplits(1, 1, 0, () -> f.machine.splitHugePages(f.process, at, at + HUGE, 0));
    f.finish();
  }

  @ParameterizedTest
  @ValueSource(ints = {2, 4, 6, 8})
  void mediumFoliosStayWholeToo(int order) {
    long at = f.mapFoliosOf(order);
    PinnedPages pages = f.process.pin(at + PAGE, PAGE, GupFlags.WRITE);
    long failed = f.count(order, ThpStat.SPLIT_FAILED);
    f.process.madvise(at, PAGE, Madvise.FREE);
    assertEquals(failed + 1, f.count(order, ThpStat.SPLIT_FAILED));
    f.machine.splitHugePages(f.process, at, at + HUGE, 0);
    assertEquals(order, f.process.pagemap(at).order());
    assertEquals(0, f.process.pagemap(at + (PAGE << order)).order());
    f.check();
    pages.unpin();
    f.machine.splitHugePages(f.process, at, at + HUGE, 0);
    assertEquals(0, f.process.pagemap(at).order());
    f.finish();
  }

  @ParameterizedTest
  @EnumSource
  void collapseRefusesWhileAPageIsHeld(PinTest.Way way) {
    long at = f.map(HUGE);
    fill(f.process, at, HUGE, 1);
    f.process.madvise(at, HUGE, Madvise.HUGEPAGE);
    PinnedPages pages = way.hold(f.process, at + PAGE, PAGE, GupFlags.WRITE);
    long allocated = f.count(VmEvent.THP_COLLAPSE_ALLOC);
    assertEquals(
        Optional.of(Errno.EAGAIN), errno(() -> f.process.madvise(at, HUGE, Madvise.COLLAPSE)));
    f.machine.khugepaged().fullScans(3);
    assertEquals(allocated, f.count(VmEvent.THP_COLLAPSE_ALLOC));
    assertEquals(pages.pfn(0), f.pfn(at + PAGE));
    f.check();
    pages.unpin();
    f.process.madvise(at, HUGE, Madvise.COLLAPSE);
    assertEquals(allocated + 1, f.count(VmEvent.THP_COLLAPSE_ALLOC));
    assertTrue(f.process.pagemap(at).pmd());
    checkFilled(f.process, at, HUGE, 1);
    f.finish();
  }

  @Test
  void aPageThatIsHeldMayMoveToAnotherAddress() {
    long at = f.mapHuge();
    PinnedPages pages = f.process.pin(at, HUGE, GupFlags.WRITE);
    long room = f.map(2 * HUGE);
    f.process.mremap(at + HUGE / 2, HUGE / 2, HUGE / 2, MAYMOVE | FIXED, room);
    assertEquals(pages.pfn(256), f.pfn(room));
    pages.write(HUGE / 2, 9);
    assertEquals(9, f.process.read(room));
    f.check();
    pages.unpin();
    f.finish();
  }

  @Test
  void madvFreeForgetsWhatWasThereBeforeNotWhatTheDeviceBrings() {
    long at = f.map(PAGE);
    f.process.write(at, 1);
    PinnedPages pages = f.process.pin(at, PAGE, GupFlags.WRITE);
    f.process.madvise(at, PAGE, Madvise.FREE);
    f.process.madvise(at, PAGE, Madvise.PAGEOUT);
    assertEquals(pages.pfn(0), f.pfn(at), "a page in use is not discarded");
    pages.unpin();
    f.process.madvise(at, PAGE, Madvise.FREE);
    f.process.madvise(at, PAGE, Madvise.PAGEOUT);
    assertFalse(f.process.pagemap(at).present());
    f.finish();
  }

  @Test
  void dontneedGivesTheProcessAnotherPage() {
    long at = f.map(PAGE);
    f.process.write(at, 1);
    PinnedPages pages = f.process.pin(at, PAGE, GupFlags.WRITE);
    f.process.madvise(at, PAGE, Madvise.DONTNEED);
    assertEquals(0, f.process.read(at));
    f.process.write(at, 2);
    assertEquals(1, pages.read(0));
    f.check();
    pages.unpin();
    f.finish();
  }

  @Test
  void protectionDoesNotMatterToAPinThatIsThere() {
    long at = f.map(PAGE);
    PinnedPages pages = f.process.pin(at, PAGE, GupFlags.WRITE);
    f.process.mprotect(at, PAGE, Prot.NONE);
    pages.write(0, 4);
    f.process.mprotect(at, PAGE, Prot.READ);
    assertEquals(4, f.process.read(at));
    pages.unpin();
    f.finish();
  }
}
