package dev.elephantfolio.engine.mm;

import static dev.elephantfolio.engine.mm.RangeFixture.PAGE;
import static dev.elephantfolio.engine.mm.RangeFixture.assertErrno;
import static dev.elephantfolio.engine.mm.RangeFixture.page;
import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertFalse;
import static org.junit.jupiter.api.Assertions.assertSame;
import static org.junit.jupiter.api.Assertions.assertTrue;

import dev.elephantfolio.engine.Errno;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.Test;

/** What is left of a process's memory, and of its marks, after exec. */
final class ExecCallTest {
  private final RangeFixture on = new RangeFixture();

  @AfterEach
  void nothingIsLost() {
    on.finish();
  }

  @Test
  void onlyAStackIsThere() {
    on.mapHuge(0);
    on.write(0, 100);
    long freeBefore = on.machine.freeBytes();
    on.process.exec("next");
    on.check();
    AddressSpace mm = on.process.memory();
    assertEquals(1, mm.vmas().size());
    Vma stack = mm.vmas().toArray()[0];
    assertTrue(stack.has(VmFlags.GROWSDOWN));
    assertFalse(stack.isTemporaryStack());
    assertEquals(AddressLayout.STACK_TOP, stack.end());
    assertEquals(0, on.process.anonymousBytes());
    assertTrue(on.machine.freeBytes() > freeBefore);
    assertErrno(Errno.EFAULT, () -> on.process.read(page(0)));
  }

  @Test
  void limitsAndThpMarksAreKept() {
    on.process.limit(on.process.memory().limits().withStack(64 * PAGE));
    int _ = on.process.prctl(PrctlCall.SET_THP_DISABLE, 1, 0, 0, 0);
    int _ = on.process.prctl(PrctlCall.SET_MEMORY_MERGE, 1, 0, 0, 0);
    on.process.mlockall(MlockCalls.MCL_FUTURE);
    on.process.exec("next");
    assertEquals(64 * PAGE, on.process.memory().limits().stackBytes());
    assertEquals(1, on.process.prctl(PrctlCall.GET_THP_DISABLE, 0, 0, 0, 0));
    assertEquals(1, on.process.prctl(PrctlCall.GET_MEMORY_MERGE, 0, 0, 0, 0));
    assertEquals(0, on.process.memory().defaultFlags());
    assertFalse(on.process.memory().hasFlag(MmFlags.HUGEPAGE | MmFlags.HUGE_ZERO_FOLIO));
  }

  @Test
  void heapIsEmptyAgain() {
    long heap = on.process.brk(0);
    assertEquals(heap + PAGE, on.process.brk(heap + PAGE));
    on.process.exec("next");
    assertEquals(heap, on.process.brk(0));
  }

  @Test
  void refusedExecLeavesTheOldMemory() {
    on.map(0, 4);
    on.write(0, 4);
    VmSettings settings = on.machine.kernel().vm();
    long charged = on.machine.kernel().committed().pages();
    settings.changeOvercommitKbytes(4);
    settings.changeOvercommit(VmSettings.Overcommit.NEVER);
    AddressSpace old = on.process.memory();
    assertErrno(Errno.ENOMEM, () -> on.process.exec("next"));
    assertSame(old, on.process.memory());
    assertEquals(charged, on.machine.kernel().committed().pages());
    assertEquals(1, on.process.read(page(0)));
    settings.changeOvercommit(VmSettings.Overcommit.GUESS);
  }
}
