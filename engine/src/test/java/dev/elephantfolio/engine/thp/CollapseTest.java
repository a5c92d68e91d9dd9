package dev.elephantfolio.engine.thp;

import static dev.elephantfolio.engine.thp.Purpose.FORCED_COLLAPSE;
import static dev.elephantfolio.engine.thp.Purpose.KHUGEPAGED;
import static dev.elephantfolio.engine.thp.ThpFixture.HUGE;
import static dev.elephantfolio.engine.thp.ThpFixture.PAGE;
import static dev.elephantfolio.engine.thp.ThpFixture.PAGES;
import static dev.elephantfolio.engine.thp.ThpFixture.checkFilled;
import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertFalse;
import static org.junit.jupiter.api.Assertions.assertTrue;

import dev.elephantfolio.engine.Kernel;
import dev.elephantfolio.engine.Process;
import dev.elephantfolio.engine.folio.Folios;
import dev.elephantfolio.engine.frame.FolioFlags;
import dev.elephantfolio.engine.frame.GfpFlags;
import dev.elephantfolio.engine.mm.AddressSpace;
import dev.elephantfolio.engine.mm.Madvise;
import dev.elephantfolio.engine.mm.MmFlags;
import dev.elephantfolio.engine.mm.Prot;
import dev.elephantfolio.engine.pagetable.Pte;
import dev.elephantfolio.engine.stat.NodeStat;
import dev.elephantfolio.engine.stat.ThpStat;
import dev.elephantfolio.engine.stat.VmEvent;
import java.util.ArrayList;
import java.util.List;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.Test;

/** The collapse itself: what it leaves when it succeeds, and each status when it does not. */
class CollapseTest {
  private final ThpFixture f = new ThpFixture(64 << 20);
  private final Kernel kernel = f.machine.kernel();
  private final Folios folios = kernel.folios();
  private final AddressSpace mm = f.process.memory();
  private final long p = f.map(1);
  private final List<Integer> taken = new ArrayList<>();

  @AfterEach
  void nothingIsLost() {
    taken.forEach(folios::put);
    f.finish();
  }

  /** A collapse without the look before it. */
  private ScanResult collapse(boolean bringIn, Purpose purpose) {
    folios.lru().drainAll();
    Collapse collapse = new Collapse(kernel, SwapIn.NO_SWAP);
    return collapse.collapse(mm, p, bringIn, purpose);
  }

  private ScanResult collapse() {
    return collapse(false, FORCED_COLLAPSE);
  }

  /** After a collapse that failed all is as before. */
  private void expectFailure(ScanResult expected, String picture) {
    folios.lru().drainAll();
    long free = freeFrames();
    assertEquals(expected, collapse());
    assertEquals(picture, f.picture(p));
    assertEquals(free, freeFrames());
    assertEquals(0, f.process.anonHugePagesBytes());
  }

  private long freeFrames() {
    return kernel.pages().freePages() + kernel.pages().perCpuPages();
  }

  private int folio(long address) {
    return f.process.pagemap(address).folio();
  }

  @Test
  void smallPagesHolesAndZeroesBecomeOneHugePage() {
    f.fill(p, 100);
    assertEquals(0, f.process.read(p + 200 * PAGE));
    long tables = f.process.pageTableBytes();
    assertEquals("100p 100. 1z 311.", f.picture(p));
    assertEquals(ScanResult.SUCCEED, collapse());
    assertEquals("512H", f.picture(p));
    checkFilled(f.process, p, 100);
    assertEquals(0, f.process.read(p + 200 * PAGE));
    assertEquals(0, f.process.read(p + 511 * PAGE));
    assertEquals(HUGE, f.process.anonymousBytes());
    assertEquals(HUGE, f.process.anonHugePagesBytes());
    assertEquals(tables, f.process.pageTableBytes(), "the table is kept for a later split");
    assertEquals(512, kernel.nodeStats().get(NodeStat.NR_ANON_TRANSPARENT_HUGEPAGES));
    assertEquals(1, kernel.thpStats().get(9, ThpStat.NR_ANON));
    assertEquals(1, f.count(VmEvent.THP_COLLAPSE_ALLOC));
    assertEquals(1, kernel.deferred().length());
  }

  @Test
  void theHugePageIsExclusiveDirtyYoungAndWritable() {
    f.fill(p, 1);
    assertEquals(ScanResult.SUCCEED, collapse());
    long entry = mm.tables().pmdEntry(p);
    assertTrue(Pte.isLeaf(entry) && Pte.isWritable(entry));
    assertTrue(Pte.isDirty(entry) && Pte.isYoung(entry));
    assertTrue(kernel.mapCounts().isExclusive(Pte.pfn(entry)));
    assertTrue(kernel.memMap().testFlag(Pte.pfn(entry), FolioFlags.UPTODATE));
    assertTrue(kernel.memMap().testFlag(Pte.pfn(entry), FolioFlags.LRU));
  }

  @Test
  void whatTheAreaForbidsTheHugePageForbidsToo() {
    f.fill(p, PAGES);
    f.process.mprotect(p, HUGE, Prot.READ);
    assertEquals(ScanResult.SUCCEED, collapse());
    assertFalse(Pte.isWritable(mm.tables().pmdEntry(p)));
    checkFilled(f.process, p, PAGES);
    f.process.mprotect(p, HUGE, Prot.READ | Prot.WRITE);
    f.process.write(p, 7);
    assertEquals("512H", f.picture(p));
    f.process.mprotect(p, HUGE, Prot.NONE);
    ThpFixture.splitMapping(f.process, p);
    f.process.mprotect(p, HUGE, Prot.NONE);
    assertEquals(ScanResult.SUCCEED, collapse());
    assertEquals("512H", f.picture(p));
    assertFalse(Pte.allows(mm.tables().pmdEntry(p), false));
    f.process.mprotect(p, HUGE, Prot.READ);
    assertEquals(7, f.process.read(p));
  }

  @Test
  void pagesThatAChildMapsStayTheChilds() {
    f.fill(p, PAGES);
    Process child = f.process.fork("child");
    int shared = folio(p);
    assertEquals(ScanResult.SUCCEED, collapse());
    assertEquals("512H", f.picture(p));
    assertEquals("512p", Table.picture(child, p));
    assertEquals(shared, child.pagemap(p).folio());
    assertEquals(1, child.pagemap(p).mapCount());
    assertTrue(kernel.memMap().testFlag(shared, FolioFlags.LRU));
    f.process.write(p, 5);
    checkFilled(child, p, PAGES);
  }

  @Test
  void largeFoliosAreTakenWholeAndFreedWhenTheirLastPageGoes() {
    f.set("hugepages-64kB/enabled", "always");
    f.fill(p, PAGES);
    assertEquals("512m", f.picture(p));
    long deferredBefore = kernel.thpStats().get(4, ThpStat.SPLIT_DEFERRED);
    assertEquals(ScanResult.SUCCEED, collapse());
    assertEquals("512H", f.picture(p));
    checkFilled(f.process, p, PAGES);
    assertEquals(0, kernel.thpStats().get(4, ThpStat.NR_ANON));
    assertEquals(deferredBefore, kernel.thpStats().get(4, ThpStat.SPLIT_DEFERRED));
  }

  @Test
  void aLargeFolioPartlyMappedElsewhereIsLeftToTheShrinker() {
    long q = f.map(1);
    f.faultHuge(p);
    f.fill(p, PAGES);
    f.process.mremap(p, 10 * PAGE, 10 * PAGE, 3, q);
    int old = folio(q);
    assertEquals("10. 502h", f.picture(p));
    f.process.munmap(p, 10 * PAGE);
    f.process.mmap(p, 10 * PAGE, Prot.READ | Prot.WRITE, ThpFixture.MAP | 0x10);
    f.process.madvise(p, 10 * PAGE, Madvise.HUGEPAGE);
    assertEquals(ScanResult.SUCCEED, collapse());
    assertEquals("512H", f.picture(p));
    assertEquals("10h 502.", f.picture(q));
    assertTrue(kernel.memMap().testFlag(old, FolioFlags.PARTIALLY_MAPPED));
    checkFilledFrom(p + 10 * PAGE, p + 10 * PAGE, 502);
    checkFilledFrom(q, p, 10);
  }

  /** The pages at {@code address} hold what was written at {@code origin}. */
  private void checkFilledFrom(long address, long origin, int count) {
    for (int i = 0; i < count; i++) {
      assertEquals(ThpFixture.word(origin + i * PAGE), f.process.read(address + i * PAGE));
    }
  }

  @Test
  void inALockedAreaTheHugePageIsMlockedAndTheOldPagesAreNot() {
    f.fill(p, 20);
    f.process.mlock(p, HUGE);
    assertEquals(PAGES, kernel.nodeStats().get(NodeStat.NR_MLOCK));
    assertEquals(ScanResult.SUCCEED, collapse());
    assertEquals("512H", f.picture(p));
    assertEquals(PAGES, kernel.nodeStats().get(NodeStat.NR_MLOCK));
    assertTrue(kernel.memMap().testFlag(folio(p), FolioFlags.UNEVICTABLE));
    f.process.munlock(p, HUGE);
    assertEquals(0, kernel.nodeStats().get(NodeStat.NR_MLOCK));
  }

  @Test
  void noHugePageToBeHad() {
    f.fill(p, 3);
    takeAllHugePages();
    long before = f.count(VmEvent.THP_COLLAPSE_ALLOC_FAILED);
    expectFailure(ScanResult.ALLOC_HUGE_PAGE_FAIL, "3p 509.");
    assertEquals(before + 1, f.count(VmEvent.THP_COLLAPSE_ALLOC_FAILED));
    assertEquals(0, f.count(VmEvent.THP_COLLAPSE_ALLOC));
  }

  private void takeAllHugePages() {
    int folio = folios.allocate(9, GfpFlags.TRANSHUGE);
    while (folio != 0) {
      taken.add(folio);
      folio = folios.allocate(9, GfpFlags.TRANSHUGE);
    }
  }

  @Test
  void theProcessIsEndingOrHugePagesWereSwitchedOff() {
    f.fill(p, 3);
    mm.setFlag(MmFlags.DISABLE_THP_COMPLETELY);
    expectFailure(ScanResult.ANY_PROCESS, "3p 509.");
    mm.clearFlag(MmFlags.DISABLE_THP_COMPLETELY);
  }

  @Test
  void theAreaIsGone() {
    long aboveAll = 1L << 47;
    Collapse collapse = new Collapse(kernel, SwapIn.NO_SWAP);
    assertEquals(ScanResult.VMA_NULL, collapse.collapse(mm, aboveAll, false, FORCED_COLLAPSE));
  }

  @Test
  void theAreaNoLongerCoversThePlace() {
    f.fill(p, 3);
    f.process.munmap(p + HUGE - PAGE, PAGE);
    expectFailure(ScanResult.ADDRESS_RANGE, "3p 509.");
  }

  @Test
  void theAreaMayNoLongerBeHuge() {
    f.fill(p, 3);
    f.process.madvise(p, HUGE, Madvise.NOHUGEPAGE);
    expectFailure(ScanResult.VMA_CHECK, "3p 509.");
  }

  @Test
  void anAreaThatNothingWasWrittenToHasNoAnonVma() {
    assertEquals(0, f.process.read(p));
    expectFailure(ScanResult.VMA_CHECK, "1z 511.");
  }

  @Test
  void theTableWentAway() {
    f.fill(p, 3);
    f.process.madvise(p, HUGE, Madvise.DONTNEED);
    expectFailure(ScanResult.PMD_NONE, "512.");
  }

  @Test
  void somebodyElseMadeItHuge() {
    f.faultHuge(p);
    assertEquals(ScanResult.PMD_MAPPED, collapse());
    assertEquals("512H", f.picture(p));
  }

  @Test
  void aGuardCannotBeBroughtInAndIsNotPresent() {
    f.fill(p, 3);
    f.process.madvise(p + 2 * PAGE, PAGE, Madvise.GUARD_INSTALL);
    assertEquals(ScanResult.FAIL, collapse(true, FORCED_COLLAPSE));
    expectFailure(ScanResult.PTE_NON_PRESENT, "2p 1g 509.");
  }

  @Test
  void aPageIsLocked() {
    f.fill(p, PAGES);
    int folio = folio(p + 50 * PAGE);
    f.lockedElsewhere(folio, true);
    expectFailure(ScanResult.PAGE_LOCK, "512p");
    f.lockedElsewhere(folio, false);
  }

  @Test
  void aPageIsReferenced() {
    f.fill(p, PAGES);
    int folio = folio(p + 50 * PAGE);
    folios.get(folio);
    expectFailure(ScanResult.PAGE_COUNT, "512p");
    folios.put(folio);
  }

  @Test
  void aPageCannotBeTakenOffTheLru() {
    f.fill(p, PAGES);
    folios.lru().drainAll();
    int folio = folio(p + 511 * PAGE);
    assertTrue(folios.lru().isolate(folio));
    expectFailure(ScanResult.DEL_PAGE_LRU, "512p");
    folios.lru().putBack(folio);
  }

  @Test
  void limitsAreLookedAtAgain() {
    f.process.madvise(p, HUGE, Madvise.HUGEPAGE);
    f.set("enabled", "madvise");
    f.set("hugepages-2048kB/enabled", "never");
    f.fill(p, 100);
    f.set("hugepages-2048kB/enabled", "inherit");
    f.set("khugepaged/max_ptes_none", 411);
    assertEquals(ScanResult.EXCEED_NONE_PTE, collapse(false, KHUGEPAGED));
    assertEquals("100p 412.", f.picture(p));
    f.set("khugepaged/max_ptes_none", 511);
    Process child = f.process.fork("child");
    f.set("khugepaged/max_ptes_shared", 99);
    assertEquals(ScanResult.EXCEED_SHARED_PTE, collapse(false, KHUGEPAGED));
    child.exit();
    f.process.madvise(p, HUGE, Madvise.COLD);
    assertEquals(ScanResult.LACK_REFERENCED_PAGE, collapse(false, KHUGEPAGED));
    f.process.read(p);
    assertEquals(ScanResult.SUCCEED, collapse(false, KHUGEPAGED));
    checkFilled(f.process, p, 100);
  }
}
