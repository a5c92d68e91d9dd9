package dev.elephantfolio.engine.thp;

import static dev.elephantfolio.engine.thp.Purpose.FORCED_COLLAPSE;
import static dev.elephantfolio.engine.thp.Purpose.KHUGEPAGED;
import static dev.elephantfolio.engine.thp.ThpFixture.HUGE;
import static dev.elephantfolio.engine.thp.ThpFixture.PAGE;
import static dev.elephantfolio.engine.thp.ThpFixture.PAGES;
import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertFalse;
import static org.junit.jupiter.api.Assertions.assertTrue;

import dev.elephantfolio.engine.Process;
import dev.elephantfolio.engine.folio.Folios;
import dev.elephantfolio.engine.frame.FolioFlags;
import dev.elephantfolio.engine.frame.MemMap;
import dev.elephantfolio.engine.mm.Madvise;
import dev.elephantfolio.engine.stat.VmEvent;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.Test;

/** What a look at one table says, for each status that a look can give. */
class CollapseScanTest {
  private final ThpFixture f = new ThpFixture();
  private final MemMap memMap = f.machine.kernel().memMap();
  private final Folios folios = f.machine.kernel().folios();
  private final long p = f.map(1);

  @BeforeEach
  void advised() {
    f.process.madvise(p, HUGE, Madvise.HUGEPAGE);
    f.set("enabled", "never");
    f.set("hugepages-2048kB/enabled", "inherit");
  }

  @AfterEach
  void nothingIsLost() {
    f.finish();
  }

  private void expect(ScanResult khugepaged, ScanResult madvise) {
    assertEquals(khugepaged, look(KHUGEPAGED), "khugepaged");
    assertEquals(madvise, look(FORCED_COLLAPSE), "madvise");
  }

  /** Looks only; nothing is collapsed. */
  private ScanResult look(Purpose purpose) {
    folios.lru().drainAll();
    f.process.memory().mmapReadLock();
    ScanResult result = new CollapseScan(f.machine.kernel()).scan(f.vma(p), p, purpose).result();
    f.process.memory().mmapReadUnlock();
    return result;
  }

  private int folio(long address) {
    return f.process.pagemap(address).folio();
  }

  @Test
  void noTableOfThePmdLevel() {
    expect(ScanResult.PMD_NULL, ScanResult.PMD_NULL);
  }

  @Test
  void aPlaceWithoutATable() {
    f.fill(p, 1);
    f.process.madvise(p, HUGE, Madvise.DONTNEED);
    expect(ScanResult.PMD_NONE, ScanResult.PMD_NONE);
  }

  @Test
  void aHugePageAndTheHugeZeroPage() {
    f.set("enabled", "always");
    assertEquals(0, f.process.read(p));
    assertEquals("512Z", f.picture(p));
    expect(ScanResult.PMD_MAPPED, ScanResult.PMD_MAPPED);
    f.process.write(p, 1);
    assertEquals("512H", f.picture(p));
    expect(ScanResult.PMD_MAPPED, ScanResult.PMD_MAPPED);
  }

  @Test
  void noneAndZeroPagesCountTogether() {
    f.set("khugepaged/max_ptes_none", 10);
    f.fill(p, PAGES - 10);
    expect(ScanResult.SUCCEED, ScanResult.SUCCEED);
    f.process.madvise(p, PAGE, Madvise.DONTNEED);
    assertEquals(0, f.process.read(p));
    assertEquals("1z 501p 10.", f.picture(p));
    long before = f.count(VmEvent.THP_SCAN_EXCEED_NONE_PTE);
    expect(ScanResult.EXCEED_NONE_PTE, ScanResult.SUCCEED);
    assertEquals(before + 1, f.count(VmEvent.THP_SCAN_EXCEED_NONE_PTE));
  }

  @Test
  void whatIsNotPresentCountsAsSwapped() {
    f.fill(p, PAGES);
    f.process.madvise(p, 3 * PAGE, Madvise.GUARD_INSTALL);
    f.set("khugepaged/max_ptes_swap", 3);
    expect(ScanResult.SUCCEED, ScanResult.SUCCEED);
    f.set("khugepaged/max_ptes_swap", 2);
    long before = f.count(VmEvent.THP_SCAN_EXCEED_SWAP_PTE);
    expect(ScanResult.EXCEED_SWAP_PTE, ScanResult.SUCCEED);
    assertEquals(before + 1, f.count(VmEvent.THP_SCAN_EXCEED_SWAP_PTE));
  }

  @Test
  void sharedPages() {
    f.fill(p, PAGES);
    Process child = f.process.fork("child");
    long before = f.count(VmEvent.THP_SCAN_EXCEED_SHARE_PTE);
    expect(ScanResult.EXCEED_SHARED_PTE, ScanResult.SUCCEED);
    assertEquals(before + 1, f.count(VmEvent.THP_SCAN_EXCEED_SHARE_PTE));
    f.fill(p, 256);
    expect(ScanResult.SUCCEED, ScanResult.SUCCEED);
    child.exit();
    f.set("khugepaged/max_ptes_shared", 0);
    expect(ScanResult.SUCCEED, ScanResult.SUCCEED);
  }

  @Test
  void khugepagedWantsPagesInUse() {
    f.fill(p, PAGES);
    f.process.madvise(p, HUGE, Madvise.COLD);
    expect(ScanResult.LACK_REFERENCED_PAGE, ScanResult.SUCCEED);
    assertEquals(ThpFixture.word(p), f.process.read(p));
    expect(ScanResult.SUCCEED, ScanResult.SUCCEED);
  }

  @Test
  void withSwappedPagesKhugepagedWantsHalfOfTheTableInUse() {
    f.fill(p, PAGES);
    f.process.madvise(p, HUGE, Madvise.COLD);
    f.process.madvise(p, PAGE, Madvise.GUARD_INSTALL);
    ThpFixture.checkFilled(f.process, p + PAGE, PAGES / 2 - 1);
    expect(ScanResult.LACK_REFERENCED_PAGE, ScanResult.SUCCEED);
    ThpFixture.checkFilled(f.process, p + PAGE, PAGES / 2);
    expect(ScanResult.SUCCEED, ScanResult.SUCCEED);
  }

  @Test
  void aPageInALruBatch() {
    f.fill(p, 1);
    f.process.memory().mmapReadLock();
    CollapseScan scan = new CollapseScan(f.machine.kernel());
    assertEquals(ScanResult.PAGE_LRU, scan.scan(f.vma(p), p, KHUGEPAGED).result());
    f.process.memory().mmapReadUnlock();
    expect(ScanResult.SUCCEED, ScanResult.SUCCEED);
  }

  @Test
  void aPageOffTheLru() {
    f.fill(p, 1);
    folios.lru().drainAll();
    assertTrue(folios.lru().isolate(folio(p)));
    expect(ScanResult.PAGE_LRU, ScanResult.PAGE_LRU);
    folios.lru().putBack(folio(p));
    expect(ScanResult.SUCCEED, ScanResult.SUCCEED);
  }

  @Test
  void aLockedPage() {
    f.fill(p, PAGES);
    f.lockedElsewhere(folio(p + 100 * PAGE), true);
    expect(ScanResult.PAGE_LOCK, ScanResult.PAGE_LOCK);
    f.lockedElsewhere(folio(p + 100 * PAGE), false);
  }

  @Test
  void anExtraReference() {
    f.fill(p, PAGES);
    folios.get(folio(p + 511 * PAGE));
    expect(ScanResult.PAGE_COUNT, ScanResult.PAGE_COUNT);
    folios.put(folio(p + 511 * PAGE));
  }

  @Test
  void aPageThatIsNotAnonymous() {
    f.fill(p, 1);
    int folio = folio(p);
    memMap.clearFlag(folio, FolioFlags.ANON);
    expect(ScanResult.PAGE_ANON, ScanResult.PAGE_ANON);
    memMap.setFlag(folio, FolioFlags.ANON);
  }

  @Test
  void limitsAreLookedAtInTheOrderOfTheEntries() {
    f.set("khugepaged/max_ptes_none", 0);
    f.set("khugepaged/max_ptes_swap", 0);
    f.fill(p, 1);
    f.process.madvise(p + 2 * PAGE, PAGE, Madvise.GUARD_INSTALL);
    assertEquals("1p 1. 1g 509.", f.picture(p));
    assertEquals(ScanResult.EXCEED_NONE_PTE, look(KHUGEPAGED));
    f.fill(p + PAGE, 1);
    assertEquals(ScanResult.EXCEED_SWAP_PTE, look(KHUGEPAGED));
  }

  @Test
  void everyStatusHasItsNames() {
    assertEquals(31, ScanResult.values().length);
    assertEquals("SCAN_SCAN_ABORT", ScanResult.SCAN_ABORT.kernelName());
    assertEquals("SCAN_EXCEED_NONE_PTE", ScanResult.EXCEED_NONE_PTE.kernelName());
    for (ScanResult result : ScanResult.values()) {
      assertFalse(result.traceName().isEmpty());
    }
  }
}
