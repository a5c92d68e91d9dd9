package dev.elephantfolio.engine.mm;

import static dev.elephantfolio.engine.mm.RangeFixture.HUGE;
import static dev.elephantfolio.engine.mm.RangeFixture.PAGE;
import static dev.elephantfolio.engine.mm.RangeFixture.assertErrno;
import static dev.elephantfolio.engine.mm.RangeFixture.page;
import static dev.elephantfolio.engine.mm.RangeFixture.quarters;
import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertFalse;
import static org.junit.jupiter.api.Assertions.assertNotEquals;
import static org.junit.jupiter.api.Assertions.assertTrue;

import dev.elephantfolio.engine.Errno;
import dev.elephantfolio.engine.Process;
import dev.elephantfolio.engine.folio.MapCounts;
import dev.elephantfolio.engine.frame.MemMap;
import dev.elephantfolio.engine.pagecache.MappedFile;
import dev.elephantfolio.engine.pagetable.Pte;
import dev.elephantfolio.engine.rmap.AnonVma;
import dev.elephantfolio.engine.rmap.ReverseMap;
import dev.elephantfolio.engine.stat.PagemapEntry;
import dev.elephantfolio.engine.stat.VmEvent;
import java.util.ArrayList;
import java.util.List;
import java.util.Objects;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.Test;

/** What fork puts into the child's page tables, and what it does to the parent's. */
final class CopyPageTablesTest {
  /** References that make a small folio look pinned. */
  private static final int SMALL_PIN = 1024;

  private final RangeFixture on = new RangeFixture();
  private final MemMap memMap = on.machine.kernel().memMap();
  private final MapCounts mapCounts = on.machine.kernel().mapCounts();

  @AfterEach
  void nothingIsLost() {
    on.finish();
  }

  private Process fork() {
    Process child = on.process.fork("child");
    on.check();
    return child;
  }

  private static long entry(Process process, long number) {
    return process.memory().tables().load(page(number));
  }

  private int pfn(long number) {
    return on.process.pagemap(page(number)).pfn();
  }

  @Test
  void smallPagesAreSharedReadOnly() {
    on.map(0, 4);
    on.write(0, 3);
    assertTrue(mapCounts.isExclusive(pfn(1)));
    Process child = fork();
    assertEquals(pfn(1), child.pagemap(page(1)).pfn());
    assertEquals(2, on.process.pagemap(page(1)).mapCount());
    assertFalse(mapCounts.isExclusive(pfn(1)));
    assertFalse(Pte.isWritable(entry(on.process, 1)));
    assertFalse(Pte.isWritable(entry(child, 1)));
    assertTrue(Pte.isYoung(entry(on.process, 1)));
    assertFalse(Pte.isYoung(entry(child, 1)));
    assertTrue(Pte.isDirty(entry(child, 1)));
    assertEquals(3 * PAGE, child.anonymousBytes());
    assertFalse(child.pagemap(page(3)).present());
    child.exit();
  }

  @Test
  void eachSideWritesItsOwn() {
    on.map(0, 2);
    on.write(0, 2);
    Process child = fork();
    child.write(page(0), 70);
    on.process.write(page(1), 80);
    assertEquals(1, on.process.read(page(0)));
    assertEquals(70, child.read(page(0)));
    assertEquals(80, on.process.read(page(1)));
    assertEquals(2, child.read(page(1)));
    on.check();
    child.exit();
  }

  @Test
  void hugePageIsSharedWithADepositOfTheChildsOwn() {
    on.mapHuge(0);
    long tables = on.process.pageTableBytes();
    Process child = fork();
    assertEquals("HHHH", quarters(child, 0, 4));
    assertEquals(HUGE, child.anonHugePagesBytes());
    // The stack was never touched: the child's tables are those of the huge page alone.
    assertEquals(3 * PAGE, child.pageTableBytes());
    assertEquals(tables, on.process.pageTableBytes());
    assertFalse(Pte.isWritable(entry(on.process, 0)));
    assertFalse(mapCounts.isExclusive(pfn(0)));
    child.write(page(3), 9);
    assertEquals("?LLL", quarters(child, 0, 4));
    assertEquals("HHHH", on.quarters(0, 4));
    on.check();
    child.exit();
  }

  @Test
  void folioOfManyPagesIsSharedByEntries() {
    on.mapHugeByPtes(0);
    on.advise(100, 1, Madvise.DONTNEED);
    int head = on.process.pagemap(page(0)).folio();
    Process child = fork();
    assertEquals(511 * PAGE, child.anonymousBytes());
    assertEquals(2 * 511, memMap.largeMapCount(head));
    assertTrue(mapCounts.maybeMappedShared(head));
    assertFalse(mapCounts.isExclusive(head + 7));
    assertEquals(2, child.pagemap(page(511)).mapCount());
    child.exit();
    on.check();
    assertFalse(mapCounts.maybeMappedShared(head));
  }

  @Test
  void mediumFoliosAreSharedWhole() {
    on.machine.set("transparent_hugepage/hugepages-64kB/enabled", "always");
    on.map(0, 32);
    on.process.write(page(20), 1);
    Process child = fork();
    PagemapEntry shared = child.pagemap(page(31));
    assertEquals(4, shared.order());
    assertEquals(2, shared.mapCount());
    assertEquals(16 * PAGE, child.anonymousBytes());
    child.exit();
  }

  /** A page of its own gives the area an anon_vma: without one there is nothing to copy. */
  @Test
  void zeroPagesAreShared() {
    on.map(0, 1024);
    on.advise(0, 1024, Madvise.HUGEPAGE);
    assertEquals(0, on.process.read(page(600)));
    on.write(0, 1);
    on.advise(5, 1, Madvise.DONTNEED);
    assertEquals(0, on.process.read(page(5)));
    Process child = fork();
    assertEquals("ZZZZ", quarters(child, 512, 4));
    assertTrue(child.pagemap(page(5)).zero());
    assertEquals(511 * PAGE, child.anonymousBytes());
    assertTrue(child.memory().hasFlag(MmFlags.HUGE_ZERO_FOLIO));
    child.write(page(600), 3);
    assertEquals(0, on.process.read(page(600)));
    on.check();
    child.exit();
  }

  @Test
  void areaWithoutPagesOfItsOwnIsNotCopied() {
    on.map(0, 8);
    assertEquals(0, on.process.read(page(1)));
    Process child = fork();
    assertFalse(child.pagemap(page(1)).present(), "the zero page comes back by a fault");
    assertEquals(0, child.pageTableBytes());
    child.exit();
  }

  @Test
  void guardsAreCopied() {
    on.map(0, 8);
    on.advise(2, 2, Madvise.GUARD_INSTALL);
    Process child = fork();
    assertTrue(child.pagemap(page(3)).guard());
    assertFalse(child.pagemap(page(4)).guard());
    assertErrno(Errno.EFAULT, () -> child.read(page(2)));
    child.madvise(page(2), 2 * PAGE, Madvise.GUARD_REMOVE);
    assertEquals(0, child.read(page(2)));
    assertErrno(Errno.EFAULT, () -> on.process.read(page(2)));
    child.exit();
  }

  @Test
  void filePagesAreCopiedBesidePagesOfItsOwn() {
    MappedFile file = on.machine.file("data", true);
    on.process.mmap(
        page(0), 8 * PAGE, RangeFixture.READ_WRITE, MapFlags.PRIVATE | MapFlags.FIXED, file, 0);
    on.process.mmap(
        page(8), 8 * PAGE, RangeFixture.READ_WRITE, MapFlags.SHARED | MapFlags.FIXED, file, 0);
    long word = on.process.read(page(1));
    on.process.write(page(2), 5);
    on.process.write(page(9), 6);
    Process child = fork();
    assertTrue(child.pagemap(page(1)).file());
    assertEquals(5, child.read(page(2)));
    assertFalse(child.pagemap(page(9)).present(), "a shared mapping is faulted in again");
    assertEquals(PAGE, child.anonymousBytes());
    assertEquals(6, child.read(page(9)));
    assertNotEquals(0, word);
    on.check();
    child.exit();
  }

  @Test
  void protectedPagesStayProtected() {
    on.map(0, 2);
    on.write(0, 2);
    on.process.mprotect(page(0), PAGE, Prot.NONE);
    Process child = fork();
    assertErrno(Errno.EFAULT, () -> child.read(page(0)));
    child.mprotect(page(0), PAGE, RangeFixture.READ_WRITE);
    assertEquals(1, child.read(page(0)));
    child.write(page(0), 3);
    on.process.mprotect(page(0), PAGE, RangeFixture.READ_WRITE);
    assertEquals(1, on.process.read(page(0)));
    child.exit();
  }

  // Pinned pages: the parent keeps them, whatever the child does.

  @Test
  void pinnedSmallPageIsCopied() {
    on.map(0, 3);
    on.write(0, 3);
    int pinned = pfn(1);
    on.process.memory().setFlag(MmFlags.HAS_PINNED);
    memMap.get(pinned, SMALL_PIN);
    Process child = on.process.fork("child");
    int _ = memMap.put(pinned, SMALL_PIN);
    on.check();
    PagemapEntry copy = child.pagemap(page(1));
    assertNotEquals(pinned, copy.pfn());
    assertEquals(2, child.read(page(1)));
    assertTrue(Pte.isWritable(entry(on.process, 1)), "the parent's page stays its own");
    assertTrue(Pte.isWritable(entry(child, 1)));
    assertTrue(mapCounts.isExclusive(pinned));
    assertTrue(mapCounts.isExclusive(copy.pfn()));
    assertEquals(pfn(0), child.pagemap(page(0)).pfn());
    assertEquals(pfn(2), child.pagemap(page(2)).pfn());
    assertEquals(3 * PAGE, child.anonymousBytes());
    child.exit();
  }

  @Test
  void pinIsNotLookedForInAProcessThatNeverPinned() {
    on.map(0, 1);
    on.write(0, 1);
    memMap.get(pfn(0), SMALL_PIN);
    Process child = on.process.fork("child");
    int _ = memMap.put(pfn(0), SMALL_PIN);
    assertEquals(pfn(0), child.pagemap(page(0)).pfn());
    child.exit();
  }

  @Test
  void pinnedHugePageIsSplitAndCopied() {
    on.mapHuge(0);
    int head = pfn(0);
    on.process.memory().setFlag(MmFlags.HAS_PINNED);
    memMap.get(head, 1);
    int _ = memMap.addPinCount(head, 1);
    Process child = on.process.fork("child");
    assertEquals(0, memMap.addPinCount(head, -1));
    int _ = memMap.put(head, 1);
    on.check();
    assertEquals(1, on.count(VmEvent.THP_SPLIT_PMD));
    assertEquals("LLLL", on.quarters(0, 4));
    assertEquals("ssss", quarters(child, 0, 4));
    assertEquals(1, child.read(page(0)));
    assertTrue(Pte.isWritable(entry(on.process, 300)));
    assertEquals(512, memMap.largeMapCount(head));
    child.exit();
  }

  // The reverse map finds the child's pages.

  /** Else a page that is split while fork copies it could be missed in the child. */
  @Test
  void walkMeetsTheParentBeforeTheChild() {
    on.map(0, 4);
    on.write(0, 1);
    Process child = fork();
    Process grandchild = child.fork("grandchild");
    List<AddressSpace> met = new ArrayList<>();
    ReverseMap reverseMap = on.machine.kernel().reverseMap();
    AnonVma anonVma = Objects.requireNonNull(reverseMap.lockForWrite(pfn(0)));
    reverseMap.walk(pfn(0), 1, anonVma, (vma, _, _, _) -> met.add(vma.mm()));
    anonVma.lock().writeUnlock();
    assertEquals(List.of(on.process.memory(), child.memory(), grandchild.memory()), met);
    child.exit();
    grandchild.exit();
  }

  @Test
  void splitOfASharedFolioReachesBoth() {
    on.mapHuge(0);
    on.write(0, 512);
    Process child = fork();
    on.machine.splitHugePages(child, page(0), page(512), 0);
    on.check();
    assertEquals("ssss", quarters(child, 0, 4));
    assertEquals("ssss", on.quarters(0, 4));
    assertEquals(pfn(77), child.pagemap(page(77)).pfn());
    assertEquals(78, child.read(page(77)));
    child.exit();
  }
}
