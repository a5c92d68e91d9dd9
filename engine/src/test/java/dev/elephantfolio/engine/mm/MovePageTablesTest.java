package dev.elephantfolio.engine.mm;

import static dev.elephantfolio.engine.mm.RangeFixture.HUGE;
import static dev.elephantfolio.engine.mm.RangeFixture.PAGE;
import static dev.elephantfolio.engine.mm.RangeFixture.assertErrno;
import static dev.elephantfolio.engine.mm.RangeFixture.page;
import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertNull;
import static org.junit.jupiter.api.Assertions.assertTrue;

import dev.elephantfolio.engine.Errno;
import dev.elephantfolio.engine.MemoryException;
import dev.elephantfolio.engine.Process;
import dev.elephantfolio.engine.pagetable.PageTable;
import dev.elephantfolio.engine.pagetable.PageTables;
import dev.elephantfolio.engine.pagetable.TableMoves;
import dev.elephantfolio.engine.rmap.AnonVma;
import dev.elephantfolio.engine.rmap.ReverseMap;
import dev.elephantfolio.engine.stat.VmEvent;
import java.util.ArrayList;
import java.util.List;
import java.util.Objects;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.Test;

/** In what pieces mremap moves pages; the figures are those of a live 6.18. */
final class MovePageTablesTest {
  /** Pages of 1 GiB, which one PMD table serves. */
  private static final long GIB = 1L << 18;

  private static final int KEEP = MremapCall.MAYMOVE | MremapCall.DONTUNMAP;

  private final RangeFixture on = new RangeFixture();

  @AfterEach
  void nothingIsLost() {
    on.finish();
  }

  private void move(long from, long pages, long to) {
    long moved =
        on.process.mremap(
            page(from),
            pages * PAGE,
            pages * PAGE,
            MremapCall.MAYMOVE | MremapCall.FIXED,
            page(to));
    assertEquals(page(to), moved);
    on.check();
  }

  private PageTables tables() {
    return on.process.memory().tables();
  }

  private int frameOfTable(long number, int level) {
    PageTable table = new TableMoves(tables()).table(page(number), level);
    if (table == null) {
      throw new AssertionError("no table over page " + number);
    }
    return table.pfn();
  }

  /**
   * <pre>
   *  ss.s....  ---&gt;  ....ss.s    in one table
   * </pre>
   */
  @Test
  void smallPagesMoveWithinOneTable() {
    on.map(0, 4);
    on.write(0, 2);
    on.write(3, 1);
    int pfn = on.process.pagemap(page(3)).pfn();
    long tables = on.process.pageTableBytes();
    move(0, 4, 4);
    assertEquals("....ss.s", on.picture(0, 8));
    assertEquals(pfn, on.process.pagemap(page(7)).pfn());
    assertEquals(4, on.process.read(page(7)));
    assertEquals(tables, on.process.pageTableBytes());
    assertEquals(3 * PAGE, on.process.anonymousBytes());
  }

  @Test
  void smallPagesMoveBetweenTables() {
    on.map(10, 600);
    on.write(10, 600);
    move(10, 600, GIB + 77);
    assertEquals("s".repeat(600), on.picture(GIB + 77, 600));
    assertEquals(".".repeat(600), on.picture(10, 600));
    for (long i = 0; i < 600; i++) {
      assertEquals(10 + i + 1, on.process.read(page(GIB + 77 + i)));
    }
  }

  /**
   * <pre>
   *  |HHHH|  ---&gt;  |HHHH|   both at 2 MiB boundaries, under different PMD tables
   * </pre>
   */
  @Test
  void hugePageMovesWithItsDeposit() {
    on.mapHuge(0);
    long tables = on.process.pageTableBytes();
    move(0, 512, 512 * 1024);
    assertEquals("HHHH", on.quarters(512 * 1024, 4));
    assertEquals("....", on.quarters(0, 4));
    assertEquals(0, on.count(VmEvent.THP_SPLIT_PMD));
    assertEquals(tables, on.process.pageTableBytes(), "old tables went, new ones came");
    assertEquals(HUGE, on.smapsOf(512 * 1024).anonHugePagesBytes());
    on.advise(512 * 1024, 128, Madvise.DONTNEED);
    assertEquals(".LLL", on.quarters(512 * 1024, 4), "the deposit is at the new place");
  }

  @Test
  void hugePageMovesWithinItsTable() {
    on.mapHuge(512);
    long tables = on.process.pageTableBytes();
    move(512, 512, 0);
    assertEquals("HHHH....", on.quarters(0, 8));
    assertEquals(tables, on.process.pageTableBytes());
    move(0, 512, 1024);
    assertEquals("........HHHH", on.quarters(0, 12));
  }

  @Test
  void hugeZeroPageMoves() {
    on.map(0, 512);
    on.advise(0, 512, Madvise.HUGEPAGE);
    assertEquals(0, on.process.read(page(5)));
    move(0, 512, 1024);
    assertEquals("........ZZZZ", on.quarters(0, 12));
    assertEquals(0, on.process.read(page(1024 + 5)));
  }

  /**
   * <pre>
   *  |HHHH|  ---&gt;  .|LLLL|   one page off a boundary
   * </pre>
   */
  @Test
  void hugePageIsSplitWhenTheNewPlaceIsUnaligned() {
    on.mapHuge(0);
    int folio = on.process.pagemap(page(0)).folio();
    move(0, 512, 1025);
    assertEquals("L".repeat(512), on.picture(1025, 512));
    assertEquals(folio, on.process.pagemap(page(1025 + 511)).folio(), "the folio stays whole");
    assertEquals(1, on.count(VmEvent.THP_SPLIT_PMD));
    assertEquals(0, on.count(VmEvent.THP_DEFERRED_SPLIT_PAGE));
    assertEquals(0, on.smapsOf(1025).anonHugePagesBytes());
  }

  /**
   * <pre>
   *  |HH.H|  and  |..H.|  would need half an entry: PTEs on both sides
   * </pre>
   */
  @Test
  void partOfAHugePageIsSplitOff() {
    on.mapHuge(0);
    move(256, 128, 1024 + 256);
    assertEquals("LL.L", on.quarters(0, 4));
    assertEquals("..L.", on.quarters(1024, 4));
    assertEquals(HUGE, on.process.anonymousBytes());
    assertEquals(0, on.count(VmEvent.THP_DEFERRED_SPLIT_PAGE), "every page is still mapped");
  }

  @Test
  void pteTableMovesWhole() {
    on.map(0, 1024);
    on.write(0, 20);
    on.write(600, 20);
    int first = frameOfTable(0, PageTable.PTE);
    int second = frameOfTable(512, PageTable.PTE);
    move(0, 1024, 5120);
    assertEquals(first, frameOfTable(5120, PageTable.PTE));
    assertEquals(second, frameOfTable(5120 + 512, PageTable.PTE));
    assertEquals("s".repeat(20) + ".", on.picture(5120, 21));
    assertEquals(601, on.process.read(page(5120 + 600)));
  }

  @Test
  void pmdTableMovesWhole() {
    on.process.mmap(
        page(0),
        2 * GIB * PAGE,
        RangeFixture.READ_WRITE,
        MapFlags.PRIVATE | MapFlags.ANONYMOUS | MapFlags.FIXED | MapFlags.NORESERVE);
    on.advise(0, 2 * GIB, Madvise.HUGEPAGE);
    on.write(0, 1);
    on.write(GIB - 1, 2);
    int first = frameOfTable(0, PageTable.PMD);
    int second = frameOfTable(GIB, PageTable.PMD);
    move(0, 2 * GIB, 600 * GIB);
    assertEquals(first, frameOfTable(600 * GIB, PageTable.PMD));
    assertEquals(second, frameOfTable(601 * GIB, PageTable.PMD));
    assertEquals("HHHH", on.quarters(600 * GIB, 4));
    assertEquals(GIB + 1, on.process.read(page(601 * GIB)));
    on.advise(600 * GIB, 1, Madvise.DONTNEED);
    assertEquals(".L", on.picture(600 * GIB, 2), "the deposits moved with the table");
  }

  /**
   * <pre>
   *  boundary            boundary
   *     .......|----s-s----|--s--|      nothing below: the first table moves whole
   * </pre>
   */
  @Test
  void moveBeginsAtTheBoundaryBelowWhenThatIsFree() {
    on.map(100, 612);
    on.write(300, 4);
    int table = frameOfTable(300, PageTable.PTE);
    move(100, 612, 5120 + 100);
    assertEquals(table, frameOfTable(5120 + 300, PageTable.PTE));
    assertEquals(".ssss.", on.picture(5120 + 299, 6));
  }

  /**
   * <pre>
   *  boundary            boundary
   *     .s.....|----s-s----|--s--|      something below must stay
   * </pre>
   */
  @Test
  void moveBeginsWhereItWasAskedToWhenSomethingIsBelow() {
    on.map(100, 612);
    on.write(300, 4);
    on.map(1, 1);
    on.write(1, 1);
    int table = frameOfTable(300, PageTable.PTE);
    move(100, 612, 5120 + 100);
    assertTrue(table != frameOfTable(5120 + 300, PageTable.PTE));
    assertEquals(".s.", on.picture(0, 3));
    assertEquals(".ssss.", on.picture(5120 + 299, 6));
  }

  @Test
  void guardsAndZeroPagesMove() {
    on.map(0, 8);
    assertEquals(0, on.process.read(page(1)));
    on.advise(4, 2, Madvise.GUARD_INSTALL);
    assertEquals(".z..gg..", on.picture(0, 8));
    move(0, 8, 1030);
    assertEquals(".z..gg..", on.picture(1030, 8));
    assertErrno(Errno.EFAULT, () -> on.process.read(page(1034)));
  }

  @Test
  void filePagesMove() {
    on.process.mmap(
        page(0),
        8 * PAGE,
        RangeFixture.READ_WRITE,
        MapFlags.PRIVATE | MapFlags.FIXED,
        on.machine.file("library", true),
        0);
    long word = on.process.read(page(2));
    on.process.write(page(3), 7);
    move(0, 8, 1030);
    assertEquals(word, on.process.read(page(1032)));
    assertEquals(7, on.process.read(page(1033)));
    assertEquals(PAGE, on.process.anonymousBytes());
  }

  @Test
  void hugePageOfAForkedParentMovesToo() {
    on.mapHuge(0);
    Process child = on.process.fork("child");
    move(0, 512, 1024);
    assertEquals("HHHH", on.quarters(1024, 4));
    assertEquals("HHHH", RangeFixture.quarters(child, 0, 4));
    child.write(page(0), 9);
    assertEquals(1, on.process.read(page(1024)));
    on.check();
    child.exit();
  }

  /** So an entry that moves between the two visits is met at one of the places. */
  @Test
  void walkMeetsTheSourceBeforeTheCopy() {
    on.map(0, 8);
    on.write(0, 8);
    long to = on.process.mremap(page(0), 4 * PAGE, 4 * PAGE, KEEP, page(1030));
    assertEquals(page(1030), to);
    int pfn = on.process.pagemap(page(1030)).pfn();
    List<Long> met = new ArrayList<>();
    ReverseMap reverseMap = on.machine.kernel().reverseMap();
    AnonVma anonVma = Objects.requireNonNull(reverseMap.lockForWrite(pfn));
    reverseMap.walk(pfn, 1, anonVma, (_, address, _, _) -> met.add(address));
    anonVma.lock().writeUnlock();
    assertEquals(List.of(page(0), page(1030)), met);
  }

  @Test
  void withoutMemoryForTablesAllIsAsBefore() {
    on.map(0, 1024);
    on.write(0, 10);
    on.write(700, 10);
    Process hog = on.machine.spawn("hog");
    fill(hog);
    long committed = on.machine.kernel().committed().pages();
    long tables = on.process.pageTableBytes();
    long total = on.process.memory().totalVmPages();
    assertErrno(
        Errno.ENOMEM,
        () ->
            on.process.mremap(
                page(0),
                1024 * PAGE,
                1030 * PAGE,
                MremapCall.MAYMOVE | MremapCall.FIXED,
                page(600 * GIB)));
    assertEquals("s".repeat(10), on.picture(0, 10));
    assertEquals("s".repeat(10), on.picture(700, 10));
    assertEquals(committed, on.machine.kernel().committed().pages());
    assertEquals(tables, on.process.pageTableBytes());
    assertEquals(total, on.process.memory().totalVmPages());
    assertNull(on.process.memory().vmas().at(page(600 * GIB)));
    on.check();
    hog.exit();
  }

  /** As above, but the second table is the one that there is no memory for. */
  @Test
  void entriesMoveBackWhenMemoryEndsOnTheWay() {
    on.map(0, 1024);
    on.write(0, 10);
    on.write(700, 10);
    Process hog = on.machine.spawn("hog");
    long last = fill(hog);
    // One frame each for a PUD, a PMD and the first PTE table.
    hog.munmap(last - 3 * PAGE, 3 * PAGE);
    assertErrno(
        Errno.ENOMEM,
        () ->
            on.process.mremap(
                page(0),
                1024 * PAGE,
                1024 * PAGE,
                MremapCall.MAYMOVE | MremapCall.FIXED,
                page(600 * GIB + 1)));
    assertEquals("s".repeat(10), on.picture(0, 10));
    assertEquals("s".repeat(10), on.picture(700, 10));
    for (long i = 0; i < 10; i++) {
      assertEquals(i + 1, on.process.read(page(i)));
      assertEquals(700 + i + 1, on.process.read(page(700 + i)));
    }
    on.check();
    hog.exit();
  }

  /** Takes all memory; returns the end of what it took. */
  private static long fill(Process hog) {
    long start = page(0);
    hog.mmap(
        start,
        1L << 30,
        RangeFixture.READ_WRITE,
        MapFlags.PRIVATE | MapFlags.ANONYMOUS | MapFlags.FIXED | MapFlags.NORESERVE);
    long at = start;
    try {
      while (true) {
        hog.write(at, 1);
        at += PAGE;
      }
    } catch (MemoryException full) {
      assertEquals(Errno.ENOMEM, full.errno());
      return at;
    }
  }
}
