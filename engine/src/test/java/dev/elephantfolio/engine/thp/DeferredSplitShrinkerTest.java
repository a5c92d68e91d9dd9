package dev.elephantfolio.engine.thp;

import static dev.elephantfolio.engine.thp.ThpFixture.HUGE;
import static dev.elephantfolio.engine.thp.ThpFixture.PAGE;
import static dev.elephantfolio.engine.thp.ThpFixture.PAGES;
import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertFalse;
import static org.junit.jupiter.api.Assertions.assertTrue;

import dev.elephantfolio.engine.folio.Folios;
import dev.elephantfolio.engine.frame.GfpFlags;
import dev.elephantfolio.engine.mm.Madvise;
import dev.elephantfolio.engine.stat.ThpStat;
import dev.elephantfolio.engine.stat.VmEvent;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.Test;

/** What memory pressure does to queued folios. */
class DeferredSplitShrinkerTest {
  private final ThpFixture f = new ThpFixture();
  private final DeferredSplitShrinker shrinker = f.machine.deferredSplitShrinker();
  private final Folios folios = f.machine.kernel().folios();
  private final long p = f.map(20);

  @AfterEach
  void nothingIsLost() {
    f.finish();
  }

  private long freeFrames() {
    folios.lru().drainAll();
    return f.machine.kernel().pages().freePages() + f.machine.kernel().pages().perCpuPages();
  }

  /** A huge page with {@code pages} of its pages written. */
  private void huge(long address, int pages) {
    f.faultHuge(address);
    f.fill(address, pages);
  }

  /**
   * <pre>
   *   h.......   511 pages given back by the process, none to the machine, until pressure
   * </pre>
   */
  @Test
  void theLeakOfPartlyMappedFoliosAndItsCure() {
    long before = freeFrames();
    for (int i = 0; i < 20; i++) {
      huge(p + i * HUGE, PAGES);
      f.process.madvise(p + i * HUGE + PAGE, HUGE - PAGE, Madvise.DONTNEED);
      assertEquals("1h 511.", f.picture(p + i * HUGE));
    }
    assertEquals(20 * PAGE, f.process.anonymousBytes());
    assertTrue(before - freeFrames() >= 20 * PAGES, "all of it is still taken");
    assertEquals(20, shrinker.count());
    assertEquals(20, f.count(VmEvent.THP_DEFERRED_SPLIT_PAGE));
    assertEquals(15, shrinker.scan(15), "as many as asked for");
    assertEquals(5, shrinker.scan(1000));
    assertEquals(0, shrinker.count());
    assertEquals("1p 511.", f.picture(p));
    assertTrue(before - freeFrames() < 2 * PAGES);
    assertEquals(20, f.count(VmEvent.THP_SPLIT_PAGE));
    assertEquals(0, f.machine.kernel().thpStats().get(9, ThpStat.NR_ANON_PARTIALLY_MAPPED));
    for (int i = 0; i < 20; i++) {
      ThpFixture.checkFilled(f.process, p + i * HUGE, 1);
    }
  }

  @Test
  void droppingCachesWorksOffTheWholeQueue() {
    long before = freeFrames();
    for (int i = 0; i < 20; i++) {
      huge(p + i * HUGE, PAGES);
      f.process.madvise(p + i * HUGE + PAGE, HUGE - PAGE, Madvise.DONTNEED);
    }
    long zeroes = f.map(1);
    f.process.madvise(zeroes, HUGE, Madvise.HUGEPAGE);
    long _ = f.process.read(zeroes);
    assertEquals(1, f.count(VmEvent.THP_ZERO_PAGE_ALLOC));
    f.machine.dropCaches();
    assertEquals(0, shrinker.count());
    assertEquals(20, f.count(VmEvent.THP_SPLIT_PAGE));
    assertEquals("1p 511.", f.picture(p));
    assertTrue(before - freeFrames() < 3 * PAGES);
    assertTrue(f.machine.kernel().hugeZero().pfn() != 0, "the huge zero page is in use");
  }

  @Test
  void droppingCachesFreesAnUnusedHugeZeroPage() {
    long zeroes = f.map(1);
    f.process.madvise(zeroes, HUGE, Madvise.HUGEPAGE);
    long _ = f.process.read(zeroes);
    f.process.munmap(zeroes, HUGE);
    assertTrue(f.machine.kernel().hugeZero().pfn() != 0, "kept for the next who reads");
    f.process.exec("another");
    f.machine.dropCaches();
    assertEquals(0, f.machine.kernel().hugeZero().pfn());
  }

  @Test
  void theOldestGoFirst() {
    for (int i = 0; i < 3; i++) {
      huge(p + i * HUGE, PAGES);
    }
    for (int i : new int[] {2, 0, 1}) {
      f.process.madvise(p + i * HUGE, PAGE, Madvise.DONTNEED);
    }
    assertEquals(1, shrinker.scan(1), "queued when it was made");
    assertEquals("1. 511p", f.picture(p));
    assertEquals("1. 511h", f.picture(p + HUGE));
  }

  @Test
  void wholeFoliosLeaveTheQueueWhileUnderusedOnesAreNotLookedFor() {
    huge(p, 1);
    assertEquals(1, shrinker.count());
    assertEquals(0, shrinker.scan(10));
    assertEquals("512H", f.picture(p));
    assertEquals(0, shrinker.count());
    f.process.madvise(p, PAGE, Madvise.DONTNEED);
    assertEquals(1, shrinker.count(), "and come back when a part is unmapped");
  }

  @Test
  void withoutShrinkUnderusedWholeFoliosAreNotQueued() {
    f.set("shrink_underused", 0);
    huge(p, 1);
    assertEquals(0, shrinker.count());
    f.set("shrink_underused", 1);
    huge(p + HUGE, 1);
    assertEquals(1, shrinker.count());
  }

  @Test
  void underusedFoliosAreSplitAndTheirZeroesGivenBack() {
    f.set("khugepaged/max_ptes_none", 400);
    long before = freeFrames();
    huge(p, 112);
    huge(p + HUGE, 111);
    assertEquals(1, shrinker.scan(10));
    assertEquals("512H", f.picture(p), "400 zero pages are not more than 400");
    assertEquals("111p 401z", f.picture(p + HUGE));
    assertEquals(1, f.count(VmEvent.THP_UNDERUSED_SPLIT_PAGE));
    assertEquals((PAGES + 111) * PAGE, f.process.anonymousBytes());
    assertTrue(before - freeFrames() < 2 * PAGES);
    ThpFixture.checkFilled(f.process, p + HUGE, 111);
    assertEquals(0, f.process.read(p + 2 * HUGE - PAGE));
    f.process.write(p + 2 * HUGE - PAGE, 3);
    assertEquals("111p 400z 1p", f.picture(p + HUGE));
  }

  @Test
  void mlockedFoliosAreLeftAlone() {
    f.set("khugepaged/max_ptes_none", 0);
    huge(p, 1);
    f.process.mlock(p, HUGE);
    assertEquals(0, shrinker.scan(10));
    assertEquals("512H", f.picture(p));
    assertEquals(0, shrinker.count());
  }

  @Test
  void aFolioThatCannotBeSplitStaysQueuedOnlyIfAPartIsUnmapped() {
    f.set("khugepaged/max_ptes_none", 0);
    huge(p, PAGES);
    huge(p + HUGE, 1);
    f.process.madvise(p, PAGE, Madvise.DONTNEED);
    int partial = f.process.pagemap(p + PAGE).folio();
    int underused = f.process.pagemap(p + HUGE).folio();
    folios.get(partial);
    folios.get(underused);
    assertEquals(0, shrinker.scan(10));
    assertEquals(1, shrinker.count());
    assertEquals(2, f.count(VmEvent.THP_SPLIT_PAGE_FAILED));
    folios.put(partial);
    folios.put(underused);
    f.lockedElsewhere(partial, true);
    assertEquals(0, shrinker.scan(10));
    f.lockedElsewhere(partial, false);
    assertEquals(1, shrinker.scan(10));
    assertEquals("1. 511p", f.picture(p));
    assertEquals("512H", f.picture(p + HUGE));
  }

  @Test
  void anAllocationThatMayWaitGetsTheMemory() {
    for (int i = 0; i < 20; i++) {
      huge(p + i * HUGE, PAGES);
      f.process.madvise(p + i * HUGE + PAGE, HUGE - PAGE, Madvise.DONTNEED);
    }
    assertFalse(shrinker.tryFree(0, GfpFlags.TRANSHUGE_LIGHT));
    assertEquals(20, shrinker.count());
    long more = f.map(128);
    for (int i = 0; i < 110 * PAGES; i++) {
      f.process.write(more + i * PAGE, 1);
    }
    assertTrue(f.count(VmEvent.THP_SPLIT_PAGE) > 0, "it was needed");
    assertTrue(shrinker.count() < 20);
  }

  @Test
  void theHugeZeroFolioGoesWhenNobodyUsesIt() {
    f.process.madvise(p, HUGE, Madvise.HUGEPAGE);
    assertEquals(0, f.process.read(p));
    assertEquals("512Z", f.picture(p));
    assertFalse(shrinker.tryFree(0, GfpFlags.KERNEL));
    f.process.exit();
    assertTrue(f.machine.kernel().hugeZero().pfn() != 0);
    assertTrue(shrinker.tryFree(0, GfpFlags.KERNEL));
    assertEquals(0, f.machine.kernel().hugeZero().pfn());
  }
}
