package dev.elephantfolio.engine.mm;

import static dev.elephantfolio.engine.mm.RangeFixture.HUGE;
import static dev.elephantfolio.engine.mm.RangeFixture.PAGE;
import static dev.elephantfolio.engine.mm.RangeFixture.assertErrno;
import static dev.elephantfolio.engine.mm.RangeFixture.page;
import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertFalse;
import static org.junit.jupiter.api.Assertions.assertNull;
import static org.junit.jupiter.api.Assertions.assertSame;
import static org.junit.jupiter.api.Assertions.assertTrue;

import dev.elephantfolio.engine.Errno;
import dev.elephantfolio.engine.MemoryException;
import dev.elephantfolio.engine.Process;
import dev.elephantfolio.engine.stat.VmaSmaps;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.Test;

/** Which areas, counts and marks a child gets. */
final class ForkCallTest {
  private final RangeFixture on = new RangeFixture();

  @AfterEach
  void nothingIsLost() {
    on.finish();
  }

  private Process fork() {
    Process child = on.process.fork("child");
    on.check();
    return child;
  }

  private static VmaSmaps areaOf(Process process, long number) {
    return process.smaps().stream()
        .filter(area -> area.startAddress() == page(number))
        .findFirst()
        .orElseThrow();
  }

  @Test
  void areasAreCopiedWithTheirAttributes() {
    on.map(0, 4);
    on.process.mmap(
        page(8), 4 * PAGE, Prot.READ, MapFlags.PRIVATE | MapFlags.ANONYMOUS | MapFlags.FIXED);
    on.advise(0, 4, Madvise.NOHUGEPAGE);
    Process child = fork();
    assertEquals(on.areaOf(0).flags(), areaOf(child, 0).flags());
    assertEquals(on.areaOf(8).permissions(), areaOf(child, 8).permissions());
    AddressSpace parent = on.process.memory();
    assertEquals(parent.totalVmPages(), child.memory().totalVmPages());
    assertEquals(parent.dataVmPages(), child.memory().dataVmPages());
    assertEquals(parent.stackVmPages(), child.memory().stackVmPages());
    child.exit();
  }

  /**
   * <pre>
   *  parent:  |--a--|-dontfork-|--b--|
   *  child:   |--a--|          |--b--|
   * </pre>
   */
  @Test
  void areaMarkedDontforkIsLeftOut() {
    on.map(0, 12);
    on.write(0, 12);
    on.advise(4, 4, Madvise.DONTFORK);
    long charged = on.machine.kernel().committed().pages();
    Process child = fork();
    assertNull(child.memory().vmas().at(page(4)));
    assertEquals(8 * PAGE, child.anonymousBytes());
    assertEquals(on.process.memory().totalVmPages() - 4, child.memory().totalVmPages());
    long stack = child.memory().stackVmPages();
    assertEquals(charged + 8 + stack, on.machine.kernel().committed().pages());
    child.exit();
    assertEquals(charged, on.machine.kernel().committed().pages());
  }

  @Test
  void areaMarkedWipeonforkIsEmpty() {
    on.map(0, 4);
    on.write(0, 4);
    on.advise(0, 4, Madvise.WIPEONFORK);
    Process child = fork();
    assertEquals(0, child.anonymousBytes());
    assertTrue(areaOf(child, 0).flags().contains("wf"));
    assertEquals(0, child.read(page(1)));
    assertEquals(2, on.process.read(page(1)));
    child.exit();
  }

  @Test
  void nothingIsLockedInTheChild() {
    on.map(0, 4);
    on.process.mlock(page(0), 4 * PAGE);
    on.process.mlockall(MlockCalls.MCL_FUTURE);
    Process child = fork();
    assertEquals(0, child.memory().lockedVmPages());
    assertFalse(areaOf(child, 0).flags().contains("lo"));
    assertTrue(on.areaOf(0).flags().contains("lo"));
    assertEquals(0, child.memory().defaultFlags());
    assertTrue(on.isMlocked(0), "the parent still holds it");
    child.exit();
    assertTrue(on.isMlocked(0));
  }

  @Test
  void limitsHeapAndMarksAreTheParents() {
    AddressSpace parent = on.process.memory();
    on.process.limit(parent.limits().withData(1L << 30));
    long heap = on.process.brk(0);
    assertEquals(heap + 5 * PAGE, on.process.brk(heap + 5 * PAGE));
    int _ =
        on.process.prctl(PrctlCall.SET_THP_DISABLE, 1, PrctlCall.THP_DISABLE_EXCEPT_ADVISED, 0, 0);
    Process child = fork();
    assertEquals(1L << 30, child.memory().limits().dataBytes());
    assertEquals(heap + 5 * PAGE, child.brk(0));
    assertEquals(heap, child.brk(heap), "the child's heap shrinks alone");
    assertEquals(heap + 5 * PAGE, on.process.brk(0));
    assertEquals(3, child.prctl(PrctlCall.GET_THP_DISABLE, 0, 0, 0, 0));
    child.exit();
  }

  @Test
  void grandchildrenShareToo() {
    on.mapHuge(0);
    Process child = on.process.fork("child");
    Process grandchild = child.fork("grandchild");
    on.check();
    assertEquals(3, grandchild.pagemap(page(9)).mapCount());
    child.exit();
    on.check();
    assertEquals(2, grandchild.pagemap(page(9)).mapCount());
    grandchild.write(page(0), 8);
    on.check();
    grandchild.exit();
    assertEquals(1, on.process.read(page(0)));
  }

  @Test
  void strictOvercommitRefusesTheCharge() {
    on.map(0, 1024);
    VmSettings settings = on.machine.kernel().vm();
    long kbytes = (on.machine.kernel().committed().pages() + 512) * 4;
    settings.changeOvercommitKbytes(kbytes);
    settings.changeUserReserveKbytes(0);
    settings.changeOvercommit(VmSettings.Overcommit.NEVER);
    long charged = on.machine.kernel().committed().pages();
    long tables = on.machine.kernel().pageTableFrames().sum();
    assertErrno(Errno.ENOMEM, () -> on.process.fork("child"));
    assertEquals(charged, on.machine.kernel().committed().pages());
    assertEquals(tables, on.machine.kernel().pageTableFrames().sum());
    assertEquals(1, on.machine.processes().size());
    settings.changeOvercommit(VmSettings.Overcommit.GUESS);
  }

  /** Memory ends somewhere among the child's tables, a little later each time. */
  @Test
  void withoutMemoryThereIsNoChild() {
    on.mapHuge(0);
    on.map(2048, 1024);
    on.write(2048, 3);
    on.write(2048 + 512, 3);
    Process hog = on.machine.spawn("hog");
    long last = fill(hog);
    int forked = 0;
    for (int free = 0; free < 10; free++) {
      forked += forks() ? 1 : 0;
      on.check();
      hog.munmap(last - PAGE, PAGE);
      last -= PAGE;
    }
    assertTrue(0 < forked && forked < 10, "forked " + forked + " times of 10");
    assertEquals(1, on.process.read(page(0)));
    assertEquals(2049, on.process.read(page(2048)));
    hog.exit();
  }

  private boolean forks() {
    try {
      on.process.fork("child").exit();
      return true;
    } catch (MemoryException refused) {
      assertEquals(Errno.ENOMEM, refused.errno());
      return false;
    }
  }

  private static long fill(Process hog) {
    hog.mmap(
        page(0),
        1L << 30,
        RangeFixture.READ_WRITE,
        MapFlags.PRIVATE | MapFlags.ANONYMOUS | MapFlags.FIXED | MapFlags.NORESERVE);
    long at = page(0);
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

  @Test
  void vforkSharesUntilExec() {
    on.map(0, 1);
    Process child = on.process.vfork("child");
    assertSame(on.process.memory(), child.memory());
    child.write(page(0), 5);
    child.exec("other");
    assertEquals(5, on.process.read(page(0)));
    assertNull(child.memory().vmas().at(page(0)));
    on.check();
    child.exit();
  }

  @Test
  void hugeAreaJoinsKhugepagedsListInTheChild() {
    on.mapHuge(0);
    assertTrue(on.process.memory().hasFlag(MmFlags.HUGEPAGE));
    Process child = fork();
    assertTrue(child.memory().hasFlag(MmFlags.HUGEPAGE));
    assertEquals(HUGE, child.anonHugePagesBytes());
    child.exit();
  }
}
