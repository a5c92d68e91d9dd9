package dev.elephantfolio.engine.thp;

import static dev.elephantfolio.engine.thp.ThpFixture.HUGE;
import static dev.elephantfolio.engine.thp.ThpFixture.PAGE;
import static dev.elephantfolio.engine.thp.ThpFixture.PAGES;
import static dev.elephantfolio.engine.thp.ThpFixture.checkFilled;
import static org.junit.jupiter.api.Assertions.assertEquals;

import dev.elephantfolio.engine.Process;
import dev.elephantfolio.engine.mm.Madvise;
import dev.elephantfolio.engine.mm.MapFlags;
import dev.elephantfolio.engine.mm.Prot;
import java.util.function.Consumer;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.EnumSource;

/**
 * The cases of the kernel's own khugepaged self-test for anonymous memory, each for khugepaged and
 * for MADV_COLLAPSE. Limits: none 511, swap 64, shared 256.
 */
class KhugepagedSelfTest {
  /** Who collapses. */
  enum Collapse {
    KHUGEPAGED,
    MADVISE
  }

  private static final int MAYMOVE = 1;
  private static final int FIXED = 2;

  private final ThpFixture f = new ThpFixture(2L << 30);
  private final long p = f.map(1);

  @AfterEach
  void nothingIsLost() {
    f.finish();
  }

  private void collapse(Collapse by, Process process, long address, int places) {
    if (by == Collapse.KHUGEPAGED) {
      ThpFixture.scan(f.machine, process, address, places);
    } else {
      f.set("enabled", "never");
      var _ = ThpFixture.collapse(process, address, places * HUGE);
      f.set("enabled", "madvise");
    }
  }

  private void collapse(Collapse by) {
    collapse(by, f.process, p, 1);
  }

  private void expect(Collapse by, String khugepaged, String madvise) {
    assertEquals(by == Collapse.KHUGEPAGED ? khugepaged : madvise, f.picture(p));
  }

  @ParameterizedTest
  @EnumSource
  void hugeAtFaultAndSplitByDontneed(Collapse by) {
    f.faultHuge(p);
    f.process.madvise(p, PAGE, Madvise.DONTNEED);
    assertEquals("1. 511h", f.picture(p));
    collapse(by);
    assertEquals("512H", f.picture(p));
  }

  @ParameterizedTest
  @EnumSource
  void fourFullTables(Collapse by) {
    long four = f.map(4);
    f.fill(four, 4 * PAGES);
    assertEquals("512p", f.picture(four));
    collapse(by, f.process, four, 4);
    for (int i = 0; i < 4; i++) {
      assertEquals("512H", f.picture(four + i * HUGE));
    }
    checkFilled(f.process, four, 4 * PAGES);
  }

  @ParameterizedTest
  @EnumSource
  void anEmptyTableStaysEmpty(Collapse by) {
    collapse(by);
    assertEquals("512.", f.picture(p));
  }

  @ParameterizedTest
  @EnumSource
  void oneEntryIsEnough(Collapse by) {
    f.fill(p, 1);
    collapse(by);
    assertEquals("512H", f.picture(p));
    checkFilled(f.process, p, 1);
    assertEquals(0, f.process.read(p + 7 * PAGE));
  }

  @ParameterizedTest
  @EnumSource
  void maxPtesNone(Collapse by) {
    f.set("khugepaged/max_ptes_none", 256);
    f.fill(p, 255);
    collapse(by);
    expect(by, "255p 257.", "512H");
    f.process.madvise(p, HUGE, Madvise.DONTNEED);
    f.fill(p, 256);
    collapse(by);
    assertEquals("512H", f.picture(p));
    checkFilled(f.process, p, 256);
  }

  @ParameterizedTest
  @EnumSource
  void oneEntryOfACompoundPage(Collapse by) {
    f.faultHuge(p);
    f.process.madvise(p, HUGE, Madvise.NOHUGEPAGE);
    f.process.madvise(p + PAGE, HUGE - PAGE, Madvise.DONTNEED);
    assertEquals("1h 511.", f.picture(p));
    collapse(by);
    assertEquals("512H", f.picture(p));
    checkFilled(f.process, p, 1);
  }

  @ParameterizedTest
  @EnumSource
  void aTableFullOfOneCompoundPage(Collapse by) {
    f.faultHuge(p);
    f.fill(p, PAGES);
    ThpFixture.splitMapping(f.process, p);
    f.process.madvise(p, HUGE, Madvise.NOHUGEPAGE);
    assertEquals("512h", f.picture(p));
    collapse(by);
    assertEquals("512H", f.picture(p));
    checkFilled(f.process, p, PAGES);
  }

  @ParameterizedTest
  @EnumSource
  void aTableOf512PagesOf512CompoundPages(Collapse by) {
    long place = manyCompoundPages();
    assertEquals("512h", f.picture(place));
    collapse(by, f.process, place, 1);
    assertEquals("512H", f.picture(place));
    for (int i = 0; i < PAGES; i++) {
      assertEquals(i, f.process.read(place + i * PAGE));
    }
  }

  /**
   * Grows an area downwards by one page of a new huge page at a time, as the self-test does:
   *
   * <pre>
   *   base ▼                    then moved up by a page
   *        HHHHHHHH   ──cut──▶  h   ──move, grow──▶  h........
   *                                                  └ base is here again
   * </pre>
   */
  private long manyCompoundPages() {
    long low = f.map(8);
    f.process.munmap(low, 8 * HUGE);
    long base = low + 2 * HUGE;
    long spare = low + 5 * HUGE;
    f.process.mmap(base, HUGE, Prot.READ | Prot.WRITE, ThpFixture.MAP | MapFlags.FIXED);
    for (int i = 0; i < PAGES; i++) {
      f.process.madvise(base, HUGE, Madvise.HUGEPAGE);
      f.process.write(base, i);
      f.process.madvise(base, HUGE, Madvise.NOHUGEPAGE);
      long kept = i * PAGE;
      int flags = MAYMOVE | FIXED;
      f.process.mremap(base - kept, kept + HUGE, kept + PAGE, flags, spare);
      f.process.mremap(spare, kept + PAGE, kept + PAGE + HUGE, flags, base - kept - PAGE);
    }
    f.process.munmap(base, HUGE);
    return base - HUGE;
  }

  /** Runs {@code body} in a child, which then ends. */
  private void inChild(Consumer<Process> body) {
    Process child = f.process.fork("child");
    body.accept(child);
    child.exit();
  }

  @ParameterizedTest
  @EnumSource
  void aSmallPageSharedOverFork(Collapse by) {
    f.fill(p, 1);
    inChild(child -> {
      ThpFixture.fill(child, p + PAGE, 1);
      collapse(by, child, p, 1);
      assertEquals("512H", Table.picture(child, p));
      checkFilled(child, p, 2);
    });
    assertEquals("1p 511.", f.picture(p));
    checkFilled(f.process, p, 1);
  }

  @ParameterizedTest
  @EnumSource
  void aCompoundPageSharedOverForkAndSplitInTheChild(Collapse by) {
    f.faultHuge(p);
    f.fill(p, PAGES);
    inChild(child -> {
      ThpFixture.splitMapping(child, p);
      ThpFixture.fill(child, p, 1);
      assertEquals("1p 511h", Table.picture(child, p));
      f.set("khugepaged/max_ptes_shared", PAGES - 1);
      collapse(by, child, p, 1);
      f.set("khugepaged/max_ptes_shared", 256);
      assertEquals("512H", Table.picture(child, p));
      checkFilled(child, p, PAGES);
    });
    assertEquals("512H", f.picture(p));
    checkFilled(f.process, p, PAGES);
  }

  @ParameterizedTest
  @EnumSource
  void maxPtesShared(Collapse by) {
    f.faultHuge(p);
    f.fill(p, PAGES);
    inChild(child -> {
      ThpFixture.fill(child, p, 255);
      assertEquals("255p 257h", Table.picture(child, p));
      collapse(by, child, p, 1);
      String refused = "255p 257h";
      assertEquals(by == Collapse.KHUGEPAGED ? refused : "512H", Table.picture(child, p));
      if (by == Collapse.KHUGEPAGED) {
        ThpFixture.fill(child, p + 255 * PAGE, 1);
        collapse(by, child, p, 1);
        assertEquals("512H", Table.picture(child, p));
      }
      checkFilled(child, p, PAGES);
    });
    assertEquals("512H", f.picture(p));
    checkFilled(f.process, p, PAGES);
  }

  @ParameterizedTest
  @EnumSource
  void whatIsHugeAlreadyStaysSo(Collapse by) {
    f.faultHuge(p);
    int pfn = f.process.pagemap(p).pfn();
    collapse(by);
    assertEquals("512H", f.picture(p));
    assertEquals(pfn, f.process.pagemap(p).pfn());
  }
}
