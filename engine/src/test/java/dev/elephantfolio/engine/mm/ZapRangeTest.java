package dev.elephantfolio.engine.mm;

import static dev.elephantfolio.engine.mm.RangeFixture.page;
import static dev.elephantfolio.engine.mm.RangeFixture.quarters;
import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertFalse;
import static org.junit.jupiter.api.Assertions.assertTrue;

import dev.elephantfolio.engine.Process;
import dev.elephantfolio.engine.stat.VmEvent;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.Test;

/** What munmap and MADV_DONTNEED leave behind; the expected figures are those of a live 6.18. */
final class ZapRangeTest {
  private final RangeFixture on = new RangeFixture();

  @AfterEach
  void nothingIsLost() {
    on.finish();
  }

  @Test
  void hugePageGoesAsAWhole() {
    on.mapHuge(0);
    long tables = on.process.pageTableBytes();
    assertEquals("HHHH", on.quarters(0, 4));
    on.advise(0, 512, Madvise.DONTNEED);
    assertEquals("....", on.quarters(0, 4));
    assertEquals(0, on.count(VmEvent.THP_SPLIT_PMD));
    assertEquals(tables - 4096, on.process.pageTableBytes(), "the deposit goes with it");
    assertEquals(0, on.smapsOf(0).rssBytes());
  }

  @Test
  void partOfAHugePageIsSplitOff() {
    on.mapHuge(0);
    long tables = on.process.pageTableBytes();
    on.advise(128, 128, Madvise.DONTNEED);
    assertEquals("L.LL", on.quarters(0, 4));
    assertEquals(1, on.count(VmEvent.THP_SPLIT_PMD));
    assertEquals(1, on.count(VmEvent.THP_DEFERRED_SPLIT_PAGE));
    assertEquals(tables, on.process.pageTableBytes(), "the deposit became the table");
    assertEquals(384 * 4096, on.smapsOf(0).rssBytes());
  }

  @Test
  void hugeZeroPageIsSplitToo() {
    on.map(0, 512);
    on.advise(0, 512, Madvise.HUGEPAGE);
    assertEquals(0, on.process.read(page(0)));
    assertEquals("ZZZZ", on.quarters(0, 4));
    on.advise(0, 256, Madvise.DONTNEED);
    assertEquals("..zz", on.quarters(0, 4));
    on.advise(0, 512, Madvise.DONTNEED);
    assertEquals("....", on.quarters(0, 4));
  }

  /**
   * A PTE table goes when a call covers it wholly and leaves it empty, and only then.
   *
   * <pre>
   *  table       |   0    |   1    |   2    |
   *  DONTNEED    [--------)                     freed
   *              |        [------- )|           511 pages: stays
   *              |        |       [-)           the last page: empty, stays
   *              |        [--------)            nothing there any more: freed
   * </pre>
   */
  @Test
  void emptyTablesGoWithWholeRanges() {
    on.map(0, 3 * 512);
    on.write(0, 3 * 512);
    long tables = on.process.pageTableBytes();
    on.advise(0, 512, Madvise.DONTNEED);
    assertEquals(tables - 4096, on.process.pageTableBytes());
    on.advise(512, 511, Madvise.DONTNEED);
    on.advise(1023, 1, Madvise.DONTNEED);
    assertEquals(tables - 4096, on.process.pageTableBytes());
    on.advise(512, 512, Madvise.DONTNEED);
    assertEquals(tables - 2 * 4096, on.process.pageTableBytes());
    on.write(0, 1024);
    assertEquals(tables, on.process.pageTableBytes());
  }

  @Test
  void guardPagesOutliveDontneedButNotMunmap() {
    on.map(0, 512);
    on.write(0, 4);
    on.advise(1, 2, Madvise.GUARD_INSTALL);
    long tables = on.process.pageTableBytes();
    assertEquals("sggs", on.picture(0, 4));
    on.advise(0, 512, Madvise.DONTNEED);
    assertEquals(".gg.", on.picture(0, 4));
    assertEquals(tables, on.process.pageTableBytes(), "their table stays");
    on.process.munmap(page(0), 512 * 4096);
    on.map(0, 512);
    assertEquals("....", on.picture(0, 4));
  }

  @Test
  void whatAChildStillMapsStaysThere() {
    on.mapHuge(0);
    on.process.write(page(300), 77);
    Process child = on.process.fork("child");
    on.advise(0, 512, Madvise.DONTNEED);
    assertEquals("....", on.quarters(0, 4));
    assertEquals("HHHH", quarters(child, 0, 4));
    assertEquals(77, child.read(page(300)));
    assertEquals(0, on.process.read(page(300)));
    on.check();
    child.exit();
  }

  @Test
  void onePartOfALockedHugePageUnlocksItsFolio() {
    on.mapHuge(0);
    on.process.mlock(page(0), RangeFixture.HUGE);
    assertTrue(on.isMlocked(511));
    on.advise(0, 1, Madvise.DONTNEED_LOCKED);
    assertFalse(on.isMlocked(511), "as Linux: reclaim would put that right");
    assertEquals(511 * 4096, on.smapsOf(0).rssBytes());
  }

  @Test
  void unmappingTheMiddleOfThreeHugePages() {
    on.mapHuge(0);
    on.mapHuge(512);
    on.mapHuge(1024);
    on.process.munmap(page(384), 768 * 4096);
    assertEquals("LLL.....", on.quarters(0, 8));
    assertEquals(".LLL", on.quarters(1024, 4));
    assertEquals(2, on.count(VmEvent.THP_SPLIT_PMD));
  }
}
