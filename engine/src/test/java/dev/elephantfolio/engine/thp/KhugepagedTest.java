package dev.elephantfolio.engine.thp;

import static dev.elephantfolio.engine.thp.ThpFixture.HUGE;
import static dev.elephantfolio.engine.thp.ThpFixture.PAGE;
import static dev.elephantfolio.engine.thp.ThpFixture.PAGES;
import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertFalse;
import static org.junit.jupiter.api.Assertions.assertThrows;
import static org.junit.jupiter.api.Assertions.assertTrue;

import dev.elephantfolio.engine.Process;
import dev.elephantfolio.engine.folio.Folios;
import dev.elephantfolio.engine.frame.GfpFlags;
import dev.elephantfolio.engine.mm.Madvise;
import dev.elephantfolio.engine.mm.MmFlags;
import dev.elephantfolio.engine.stat.VmEvent;
import java.util.ArrayList;
import java.util.List;
import java.util.concurrent.TimeUnit;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.Test;

/** khugepaged's list, its pace by the simulated clock, and its life as a thread. */
class KhugepagedTest {
  /** What one round of the default 4096 pages comes to. */
  private static final int PLACES_A_ROUND = 8;

  private final ThpFixture f = new ThpFixture(512 << 20);
  private final Khugepaged khugepaged = f.machine.khugepaged();
  private final Folios folios = f.machine.kernel().folios();
  private final List<Integer> taken = new ArrayList<>();

  @AfterEach
  void nothingIsLost() {
    taken.forEach(folios::put);
    f.finish();
  }

  private static long millis(long millis) {
    return TimeUnit.MILLISECONDS.toNanos(millis);
  }

  /** Places of small pages, written and then advised, which puts the process on the list. */
  private long advised(Process process, int places) {
    long start = ThpFixture.map(process, places);
    ThpFixture.fill(process, start, places * PAGES);
    process.madvise(start, places * HUGE, Madvise.HUGEPAGE);
    return start;
  }

  private int collapsed() {
    return khugepaged.counts().pagesCollapsed();
  }

  private int fullScans() {
    return khugepaged.counts().fullScans();
  }

  @Test
  void theFirstProcessWakesItAndThenItKeepsItsPace() {
    f.machine.advanceTo(millis(5_000));
    assertEquals(0, fullScans());
    advised(f.process, 20);
    f.machine.advanceTo(millis(5_000));
    assertEquals(PLACES_A_ROUND, collapsed());
    f.machine.advanceTo(millis(15_000));
    assertEquals(PLACES_A_ROUND, collapsed(), "its work took time too");
    f.machine.advanceTo(millis(15_100));
    assertEquals(2 * PLACES_A_ROUND, collapsed());
    f.machine.advanceTo(millis(25_200));
    assertEquals(20, collapsed());
    assertTrue(fullScans() > 0);
  }

  @Test
  void aRoundComesToTheSamePlacesHoweverTheClockIsAdvanced() {
    long start = advised(f.process, 20);
    for (int second = 0; second <= 16; second++) {
      f.machine.advanceTo(millis(second * 1_000L));
    }
    for (int place = 0; place < 20; place++) {
      String expected = place < 2 * PLACES_A_ROUND ? "512H" : "512p";
      assertEquals(expected, f.picture(start + place * HUGE), "place " + place);
    }
  }

  @Test
  void itCanBeAsleepAlreadyWhenTheFirstProcessComes() {
    khugepaged.sleepUntil(millis(7_000));
    advised(f.process, 1);
    f.machine.advanceTo(millis(6_999));
    assertEquals(0, collapsed());
    f.machine.advanceTo(millis(7_000));
    assertEquals(1, collapsed());
  }

  @Test
  void aRoundLooksAtOnePlaceAtLeast() {
    f.set("khugepaged/pages_to_scan", 1);
    advised(f.process, 5);
    f.machine.advanceTo(0);
    assertEquals(1, collapsed());
    f.machine.advanceTo(millis(11_000));
    assertEquals(2, collapsed());
  }

  @Test
  void aShorterSleepWakesItAtOnce() {
    advised(f.process, 20);
    f.machine.advanceTo(0);
    assertEquals(PLACES_A_ROUND, collapsed());
    f.machine.advanceTo(millis(1_000));
    f.set("khugepaged/scan_sleep_millisecs", 100);
    f.machine.advanceTo(millis(1_000));
    assertEquals(2 * PLACES_A_ROUND, collapsed());
    f.machine.advanceTo(millis(1_300));
    assertEquals(20, collapsed());
  }

  @Test
  void withoutSleepTimeStillPasses() {
    f.set("khugepaged/scan_sleep_millisecs", 0);
    advised(f.process, 20);
    f.machine.advanceTo(millis(1_000));
    assertEquals(20, collapsed());
    assertTrue(fullScans() > 2);
  }

  @Test
  void itWorksOnlyWhereHugePagesMayBe() {
    f.set("enabled", "never");
    long start = advised(f.process, 1);
    f.machine.advanceTo(millis(100_000));
    assertEquals("512p", f.picture(start));
    assertFalse(f.process.memory().hasFlag(MmFlags.HUGEPAGE));
    assertFalse(khugepaged.fullScans(1));
    f.set("enabled", "madvise");
    f.process.madvise(start, HUGE, Madvise.HUGEPAGE);
    f.process.madvise(start, HUGE, Madvise.NOHUGEPAGE);
    f.process.madvise(start, HUGE, Madvise.HUGEPAGE);
    f.machine.advanceTo(millis(100_000));
    assertEquals("512H", f.picture(start));
  }

  @Test
  void switchedOffAndOnItBeginsAnew() {
    advised(f.process, 20);
    f.machine.advanceTo(0);
    f.set("enabled", "never");
    f.machine.advanceTo(millis(50_000));
    assertEquals(PLACES_A_ROUND, collapsed());
    f.set("enabled", "madvise");
    f.machine.advanceTo(millis(50_000));
    assertEquals(PLACES_A_ROUND, collapsed());
    assertEquals(PLACES_A_ROUND, khugepaged.counts().results(ScanResult.PMD_MAPPED));
    f.machine.advanceTo(millis(60_100));
    assertEquals(2 * PLACES_A_ROUND, collapsed());
  }

  @Test
  void withoutMemoryItWaitsAndGivesUp() {
    advised(f.process, 2);
    int folio = folios.allocate(9, GfpFlags.TRANSHUGE);
    while (folio != 0) {
      taken.add(folio);
      folio = folios.allocate(9, GfpFlags.TRANSHUGE);
    }
    f.machine.advanceTo(0);
    assertEquals(1, f.count(VmEvent.THP_COLLAPSE_ALLOC_FAILED));
    assertEquals(1, khugepaged.counts().results(ScanResult.ALLOC_HUGE_PAGE_FAIL));
    f.machine.advanceTo(millis(59_000));
    assertEquals(1, f.count(VmEvent.THP_COLLAPSE_ALLOC_FAILED));
    f.machine.advanceTo(millis(60_100));
    assertEquals(2, f.count(VmEvent.THP_COLLAPSE_ALLOC_FAILED));
    taken.forEach(folios::put);
    taken.clear();
    f.machine.advanceTo(millis(69_000));
    assertEquals(0, collapsed(), "the round was given up; it sleeps before the next");
    f.machine.advanceTo(millis(80_000));
    assertEquals(2, collapsed());
  }

  @Test
  void processesTakeTurnsInTheOrderTheyCame() {
    Process second = f.machine.spawn("second");
    long later = advised(second, PLACES_A_ROUND);
    long first = advised(f.process, PLACES_A_ROUND);
    f.machine.advanceTo(0);
    assertEquals(PLACES_A_ROUND * HUGE, second.anonHugePagesBytes());
    assertEquals(0, f.process.anonHugePagesBytes());
    assertEquals("512H", Table.picture(second, later));
    assertEquals(0, fullScans());
    f.machine.advanceTo(millis(11_000));
    f.machine.advanceTo(millis(21_000));
    assertEquals("512H", f.picture(first));
    assertEquals(1, fullScans());
  }

  @Test
  void aFullScanIsOverWhenTheListIsThrough() {
    advised(f.process, 3);
    advised(f.machine.spawn("second"), 3);
    advised(f.machine.spawn("third"), 3);
    assertTrue(khugepaged.fullScans(1));
    assertEquals(1, fullScans());
    assertEquals(9, collapsed());
    assertTrue(khugepaged.fullScans(3));
    assertEquals(4, fullScans());
    assertEquals("4", f.machine.get(ThpFixture.ROOT + "khugepaged/full_scans"));
    assertEquals("9", f.machine.get(ThpFixture.ROOT + "khugepaged/pages_collapsed"));
  }

  /** Its round has pages left when the list is through; they are not spent on the next scan. */
  @Test
  void aFullScanEndsAtTheHead() {
    advised(f.process, 3);
    advised(f.machine.spawn("second"), 3);
    assertTrue(khugepaged.fullScans(1));
    assertEquals(6, khugepaged.counts().results(ScanResult.SUCCEED));
    for (int scan = 1; scan <= 3; scan++) {
      assertTrue(khugepaged.fullScans(1));
      assertEquals(6L * scan, khugepaged.counts().results(ScanResult.PMD_MAPPED));
    }
  }

  /** Advice given while huge pages were off is forgotten until it is given again. */
  @Test
  void adviceThatChangesNothingPutsOnTheList() {
    f.set("enabled", "never");
    long start = advised(f.process, 1);
    f.set("enabled", "madvise");
    f.process.madvise(start, HUGE, Madvise.RANDOM);
    assertFalse(khugepaged.fullScans(1));
    f.process.madvise(start, HUGE, Madvise.HUGEPAGE);
    assertTrue(khugepaged.fullScans(1));
    assertEquals("512H", f.picture(start));
  }

  /** What counts is the area as it was before the advice cut it. */
  @Test
  void adviceForAPartPutsOnTheListForTheWhole() {
    f.set("enabled", "madvise");
    long start = ThpFixture.map(f.process, 2);
    ThpFixture.fill(f.process, start, PAGES);
    f.process.madvise(start + HUGE, 4096, Madvise.HUGEPAGE);
    f.set("enabled", "always");
    assertTrue(khugepaged.fullScans(1));
    assertEquals("512H", f.picture(start));
  }

  @Test
  void aChildIsOnTheListWhenItsParentIs() {
    long start = advised(f.process, 1);
    Process child = f.process.fork("child");
    assertTrue(child.memory().hasFlag(MmFlags.HUGEPAGE));
    ThpFixture.fill(child, start, PAGES);
    khugepaged.fullScans(2);
    assertEquals("512H", Table.picture(child, start));
    f.process.exit();
    Process orphan = child.fork("grandchild");
    child.exit();
    assertTrue(khugepaged.fullScans(1));
    ThpFixture.checkFilled(orphan, start, PAGES);
  }

  @Test
  void aProcessThatEndsLeavesTheList() {
    advised(f.process, 20);
    f.machine.advanceTo(0);
    f.process.exit();
    assertTrue(khugepaged.fullScans(1), "it was under the cursor");
    assertFalse(khugepaged.fullScans(1), "nothing is left to scan");
    f.machine.advanceTo(millis(1_000_000));
    Process later = f.machine.spawn("later");
    long start = advised(later, 1);
    f.machine.advanceTo(millis(1_000_000));
    assertEquals("512H", Table.picture(later, start));
  }

  @Test
  void aProcessWithHugePagesSwitchedOffIsPassedOver() {
    long start = advised(f.process, 1);
    f.process.memory().setFlag(MmFlags.DISABLE_THP_COMPLETELY);
    assertTrue(khugepaged.fullScans(2));
    assertEquals("512p", f.picture(start));
  }

  @Test
  void aBusyAddressSpaceIsPassedOver() {
    long start = advised(f.process, 1);
    f.process.memory().mmapWriteLock();
    assertTrue(khugepaged.fullScans(2));
    f.process.memory().mmapWriteUnlock();
    assertEquals("512p", f.picture(start));
    assertTrue(khugepaged.fullScans(1));
    assertEquals("512H", f.picture(start));
  }

  @Test
  void aFailureIsNoReasonToStop() {
    long start = advised(f.process, 4);
    int busy = f.process.pagemap(start + HUGE).folio();
    folios.get(busy);
    f.process.madvise(start + 2 * HUGE, HUGE, Madvise.DONTNEED);
    assertTrue(khugepaged.fullScans(1));
    assertEquals("512H", f.picture(start));
    assertEquals("512p", f.picture(start + HUGE));
    assertEquals("512.", f.picture(start + 2 * HUGE));
    assertEquals("512H", f.picture(start + 3 * HUGE));
    assertEquals(1, khugepaged.counts().results(ScanResult.PAGE_COUNT));
    assertEquals(1, khugepaged.counts().results(ScanResult.PMD_NONE));
    folios.put(busy);
  }

  /**
   * <pre>
   *   ..pp|pppppppp|pppp....   only the whole place in the middle becomes huge
   * </pre>
   */
  @Test
  void onlyWholePlacesOfAnArea() {
    long start = advised(f.process, 3);
    f.process.munmap(start, 2 * PAGE);
    f.process.munmap(start + 3 * HUGE - PAGE, PAGE);
    khugepaged.fullScans(2);
    assertEquals("2. 510p", f.picture(start));
    assertEquals("512H", f.picture(start + HUGE));
    assertEquals("511p 1.", f.picture(start + 2 * HUGE));
  }

  @Test
  void asAThreadItWorksByItself() throws InterruptedException {
    f.set("khugepaged/scan_sleep_millisecs", 1);
    khugepaged.start();
    assertThrows(IllegalStateException.class, () -> khugepaged.fullScans(1));
    assertThrows(IllegalStateException.class, khugepaged::start);
    long start = advised(f.process, 20);
    while (collapsed() < 20) {
      Thread.sleep(1);
    }
    khugepaged.stop();
    khugepaged.stop();
    assertEquals(20 * HUGE, f.process.anonHugePagesBytes());
    ThpFixture.checkFilled(f.process, start, 20 * PAGES);
    assertTrue(khugepaged.fullScans(1), "the thread has ended, so this may be called again");
  }

  @Test
  void asAThreadItIsWokenAndStopped() throws InterruptedException {
    f.set("khugepaged/scan_sleep_millisecs", 4_000_000_000L);
    advised(f.process, 20);
    khugepaged.start();
    while (collapsed() < PLACES_A_ROUND) {
      Thread.sleep(1);
    }
    f.set("khugepaged/scan_sleep_millisecs", 4_000_000_000L);
    while (collapsed() < 2 * PLACES_A_ROUND) {
      Thread.sleep(1);
    }
    khugepaged.stop();
    assertTrue(collapsed() <= 3 * PLACES_A_ROUND);
  }
}
