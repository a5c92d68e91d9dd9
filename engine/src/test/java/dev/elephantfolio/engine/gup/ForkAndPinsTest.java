package dev.elephantfolio.engine.gup;

import static dev.elephantfolio.engine.gup.GupFixture.HUGE;
import static dev.elephantfolio.engine.gup.GupFixture.PAGE;
import static dev.elephantfolio.engine.gup.GupFixture.RW;
import static dev.elephantfolio.engine.gup.GupFixture.checkFilled;
import static dev.elephantfolio.engine.gup.GupFixture.fill;
import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertFalse;
import static org.junit.jupiter.api.Assertions.assertNotEquals;
import static org.junit.jupiter.api.Assertions.assertTrue;

import dev.elephantfolio.engine.Process;
import dev.elephantfolio.engine.mm.Madvise;
import dev.elephantfolio.engine.mm.MmFlags;
import dev.elephantfolio.engine.mm.Prot;
import dev.elephantfolio.engine.stat.VmEvent;
import dev.elephantfolio.engine.sync.Mutation;
import org.junit.jupiter.api.Test;

/** What fork does about pages that are pinned. */
final class ForkAndPinsTest {
  private final GupFixture f = new GupFixture();

  private int childPfn(Process child, long address) {
    return child.pagemap(address).pfn();
  }

  @Test
  void aPinnedPageIsCopiedForTheChildAndStaysTheParents() {
    long at = f.map(3 * PAGE);
    fill(f.process, at, 3 * PAGE, 1);
    int pfn = f.pfn(at + PAGE);
    PinnedPages pins = f.process.pin(at + PAGE, PAGE, GupFlags.WRITE);
    Process child = f.process.fork("child");
    assertEquals(f.pfn(at), childPfn(child, at));
    assertNotEquals(pfn, childPfn(child, at + PAGE));
    assertEquals(pfn, f.pfn(at + PAGE));
    assertTrue(f.isExclusive(pfn));
    assertTrue(f.isExclusive(childPfn(child, at + PAGE)));
    assertFalse(f.isExclusive(f.pfn(at)));
    f.check();
    long faults = f.process.faults();
    f.process.write(at + PAGE, 5);
    assertEquals(faults, f.process.faults(), "the parent's entry stays writable");
    assertEquals(5, pins.read(0));
    pins.write(0, 6);
    assertEquals(6, f.process.read(at + PAGE));
    checkFilled(child, at, 3 * PAGE, 1);
    assertFalse(child.memory().hasFlag(MmFlags.HAS_PINNED));
    f.check();
    pins.unpin();
    f.finish();
  }

  @Test
  void aPlainReferenceDoesNotMakeForkCopy() {
    long at = f.map(PAGE);
    fill(f.process, at, PAGE, 1);
    int pfn = f.pfn(at);
    PinnedPages references = f.process.getPages(at, PAGE, GupFlags.WRITE);
    Process child = f.process.fork("child");
    assertEquals(pfn, childPfn(child, at));
    f.process.write(at, 5);
    assertNotEquals(pfn, f.pfn(at));
    assertEquals(GupFixture.word(at, 1), references.read(0), "the reference keeps the old page");
    references.unpin();
    f.finish();
  }

  /** Many references may be taken for a pin of a small page: a copy too many, and no harm. */
  @Test
  void manyReferencesLookLikeAPin() {
    long at = f.map(PAGE);
    fill(f.process, at, PAGE, 1);
    f.process.pin(f.map(PAGE), PAGE, GupFlags.WRITE).unpin();
    PinnedPages[] references = new PinnedPages[1024];
    for (int i = 0; i < references.length; i++) {
      references[i] = f.process.getPages(at, PAGE, 0);
    }
    Process child = f.process.fork("child");
    assertNotEquals(f.pfn(at), childPfn(child, at));
    f.check();
    for (PinnedPages reference : references) {
      reference.unpin();
    }
    f.finish();
  }

  @Test
  void aPinnedHugePageIsSplitAndCopiedPageByPage() {
    long at = f.mapHuge();
    long splits = f.count(VmEvent.THP_SPLIT_PMD);
    int head = f.pfn(at);
    PinnedPages pins = f.process.pin(at + 7 * PAGE, PAGE, GupFlags.WRITE);
    Process child = f.process.fork("child");
    assertEquals(splits + 1, f.count(VmEvent.THP_SPLIT_PMD));
    assertEquals(0, f.count(VmEvent.THP_SPLIT_PAGE));
    assertEquals(9, f.order(head), "the folio stays whole");
    for (long page = at; page < at + HUGE; page += PAGE) {
      assertEquals(0, child.pagemap(page).order());
      assertTrue(f.isExclusive(f.pfn(page)));
    }
    assertEquals(head + 7, f.pfn(at + 7 * PAGE));
    f.check();
    fill(f.process, at, HUGE, 2);
    assertEquals(GupFixture.word(at + 7 * PAGE, 2), pins.read(0));
    checkFilled(child, at, HUGE, 1);
    f.check();
    pins.unpin();
    f.finish();
  }

  @Test
  void onlyExclusivePagesOfAPinnedFolioAreCopied() {
    long at = f.mapHuge();
    f.splitMapping(at);
    f.process.madvise(at + PAGE, HUGE - PAGE, Madvise.DONTFORK);
    Process first = f.process.fork("first");
    f.process.madvise(at + PAGE, HUGE - PAGE, Madvise.DOFORK);
    PinnedPages pins = f.process.pin(at + PAGE, PAGE, GupFlags.WRITE);
    Process second = f.process.fork("second");
    assertEquals(f.pfn(at), childPfn(second, at), "shared before: shared again");
    assertNotEquals(f.pfn(at + PAGE), childPfn(second, at + PAGE));
    assertNotEquals(f.pfn(at + 2 * PAGE), childPfn(second, at + 2 * PAGE));
    f.check();
    first.exit();
    pins.unpin();
    f.finish();
  }

  @Test
  void aPinForReadingIsAsGood() {
    long at = f.mapHuge();
    PinnedPages pins = f.process.pin(at, HUGE, GupFlags.LONGTERM);
    Process child = f.process.fork("child");
    fill(f.process, at, HUGE, 2);
    checkFilled(pins, 2);
    checkFilled(child, at, HUGE, 1);
    pins.unpin();
    f.finish();
  }

  @Test
  void afterThePinForkSharesAgain() {
    long at = f.mapHuge();
    f.process.pin(at, HUGE, GupFlags.WRITE).unpin();
    Process child = f.process.fork("child");
    assertTrue(child.pagemap(at).pmd());
    assertEquals(f.pfn(at), childPfn(child, at));
    f.finish();
  }

  /** The child's pages are not pinned, though they were copied; but the parent's pin must hold. */
  @Test
  void theChildMayForkAndPinInItsTurn() {
    long at = f.map(PAGE);
    fill(f.process, at, PAGE, 1);
    PinnedPages pins = f.process.pin(at, PAGE, GupFlags.WRITE);
    Process child = f.process.fork("child");
    PinnedPages childPins = child.pin(at, PAGE, GupFlags.WRITE);
    Process grandchild = child.fork("grandchild");
    childPins.write(0, 3);
    pins.write(0, 4);
    assertEquals(4, f.process.read(at));
    assertEquals(3, child.read(at));
    assertEquals(GupFixture.word(at, 1), grandchild.read(at));
    f.check();
    childPins.unpin();
    pins.unpin();
    f.finish();
  }

  @Test
  void protectionTakenAndGivenBackKeepsThePinnedPage() {
    long at = f.mapHuge();
    PinnedPages pins = f.process.pin(at, HUGE, GupFlags.WRITE);
    f.process.mprotect(at, HUGE, Prot.READ);
    f.process.mprotect(at, HUGE, RW);
    fill(f.process, at, HUGE, 2);
    checkFilled(pins, 2);
    f.process.mprotect(at, HUGE, Prot.NONE);
    Process child = f.process.fork("child");
    f.process.mprotect(at, HUGE, RW);
    child.mprotect(at, HUGE, RW);
    f.check();
    fill(f.process, at, HUGE, 3);
    checkFilled(pins, 3);
    checkFilled(child, at, HUGE, 2);
    pins.unpin();
    f.finish();
  }

  @Test
  void withoutTheCheckAtForkThePinGoesAstray() {
    GupFixture without = GupFixture.without(Mutation.NO_EXCLUSIVE_CHECK_AT_FORK);
    long at = without.map(PAGE);
    fill(without.process, at, PAGE, 1);
    PinnedPages pins = without.process.pin(at, PAGE, GupFlags.WRITE);
    without.process.fork("child");
    without.process.write(at, 5);
    assertNotEquals(5, pins.read(0));
    pins.unpin();
    without.finish();
  }
}
