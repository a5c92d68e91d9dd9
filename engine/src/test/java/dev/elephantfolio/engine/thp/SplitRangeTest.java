package dev.elephantfolio.engine.thp;

import static dev.elephantfolio.engine.thp.ThpFixture.HUGE;
import static dev.elephantfolio.engine.thp.ThpFixture.PAGE;
import static dev.elephantfolio.engine.thp.ThpFixture.PAGES;
import static org.junit.jupiter.api.Assertions.assertEquals;

import dev.elephantfolio.engine.Process;
import dev.elephantfolio.engine.folio.Folios;
import dev.elephantfolio.engine.mm.Madvise;
import dev.elephantfolio.engine.stat.ThpStat;
import dev.elephantfolio.engine.stat.VmEvent;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.ValueSource;

/** What writing to split_huge_pages does. */
class SplitRangeTest {
  private final ThpFixture f = new ThpFixture();
  private final Folios folios = f.machine.kernel().folios();
  private final long p = f.map(3);

  @AfterEach
  void nothingIsLost() {
    f.finish();
  }

  private int split(long start, long end, int order) {
    return new SplitRange(f.machine.kernel()).split(f.process.memory(), start, end, order);
  }

  private void huge(long address) {
    f.faultHuge(address);
    f.fill(address, PAGES);
  }

  private void expectFolios(Process process, long address, int order) {
    for (int i = 0; i < PAGES; i++) {
      assertEquals(order, process.pagemap(address + i * PAGE).order(), "page " + i);
    }
  }

  @ParameterizedTest
  @ValueSource(ints = {0, 2, 3, 4, 5, 6, 7, 8})
  void toEveryOrder(int order) {
    huge(p);
    assertEquals(1, split(p, p + HUGE, order));
    expectFolios(f.process, p, order);
    assertEquals(order == 0 ? "512p" : "512m", f.picture(p));
    ThpFixture.checkFilled(f.process, p, PAGES);
    assertEquals(1, f.count(VmEvent.THP_SPLIT_PAGE));
    assertEquals(0, f.machine.kernel().thpStats().get(9, ThpStat.NR_ANON));
    if (order > 0) {
      long pieces = PAGES >> order;
      assertEquals(pieces, f.machine.kernel().thpStats().get(order, ThpStat.NR_ANON));
      assertEquals(pieces, split(p, p + HUGE, 0), "and from there to small pages");
    }
    assertEquals("512p", f.picture(p));
  }

  @Test
  void orderOneIsNotForAnonymousMemory() {
    huge(p);
    assertEquals(0, split(p, p + HUGE, 1));
    expectFolios(f.process, p, 9);
    assertEquals(0, f.count(VmEvent.THP_SPLIT_PAGE_FAILED));
  }

  @Test
  void aSharedFolioIsSplitForAll() {
    huge(p);
    Process child = f.process.fork("child");
    assertEquals(1, split(p, p + HUGE, 0));
    assertEquals("512p", Table.picture(child, p));
    ThpFixture.checkFilled(child, p, PAGES);
    ThpFixture.checkFilled(f.process, p, PAGES);
    assertEquals(f.process.pagemap(p).pfn(), child.pagemap(p).pfn());
  }

  @Test
  void anyPageOfTheFolioWillDoAndOthersStay() {
    huge(p);
    huge(p + HUGE);
    assertEquals(1, split(p + 5 * PAGE + 123, p + 6 * PAGE + 5, 0));
    assertEquals("512p", f.picture(p));
    assertEquals("512H", f.picture(p + HUGE));
    assertEquals(0, split(p + HUGE, p + HUGE, 0));
  }

  @Test
  void whatIsReferencedOrLockedStaysWhole() {
    huge(p);
    int folio = f.process.pagemap(p).folio();
    folios.get(folio);
    assertEquals(0, split(p, p + HUGE, 0));
    folios.put(folio);
    f.lockedElsewhere(folio, true);
    assertEquals(0, split(p, p + HUGE, 0));
    f.lockedElsewhere(folio, false);
    assertEquals(0, f.count(VmEvent.THP_SPLIT_PAGE_FAILED));
    assertEquals("512H", f.picture(p));
  }

  @Test
  void partlyMappedFoliosLoseWhatNobodyMaps() {
    huge(p);
    f.process.madvise(p, 500 * PAGE, Madvise.DONTNEED);
    assertEquals(1, split(p, p + HUGE, 0));
    assertEquals("500. 12p", f.picture(p));
    assertEquals(0, f.machine.deferredSplitFolios());
  }

  @Test
  void zeroPagesHolesAndTheHugeZeroPageAreSteppedOver() {
    assertEquals(0, f.process.read(p));
    f.process.madvise(p + HUGE, HUGE, Madvise.HUGEPAGE);
    assertEquals(0, f.process.read(p + HUGE));
    huge(p + 2 * HUGE);
    assertEquals(1, split(p, p + 3 * HUGE, 0));
    assertEquals("1z 511.", f.picture(p));
    assertEquals("512Z", f.picture(p + HUGE));
    assertEquals("512p", f.picture(p + 2 * HUGE));
  }

  @Test
  void theFirstHoleBetweenAreasEndsIt() {
    huge(p);
    huge(p + 2 * HUGE);
    f.process.munmap(p + HUGE, HUGE);
    assertEquals(1, split(p, p + 3 * HUGE, 0));
    assertEquals("512H", f.picture(p + 2 * HUGE));
  }

  @Test
  void zeroPagesOfASplitHugePageBecomeTheZeroPage() {
    f.faultHuge(p);
    f.fill(p, 100);
    assertEquals(1, split(p, p + HUGE, 0));
    assertEquals("100p 412z", f.picture(p));
  }
}
