package dev.elephantfolio.engine.mm;

import static dev.elephantfolio.engine.mm.MmFixture.PAGE;
import static dev.elephantfolio.engine.mm.MmFixture.address;
import static dev.elephantfolio.engine.mm.MmFixture.assertErrno;
import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertFalse;
import static org.junit.jupiter.api.Assertions.assertNotNull;
import static org.junit.jupiter.api.Assertions.assertNull;
import static org.junit.jupiter.api.Assertions.assertSame;
import static org.junit.jupiter.api.Assertions.assertTrue;

import dev.elephantfolio.engine.Errno;
import org.jspecify.annotations.Nullable;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.Test;

/** Stacks: growth by touching, its limits, and the one that exec makes. */
class StackGrowthTest {
  private static final int STACK =
      MapFlags.PRIVATE | MapFlags.ANONYMOUS | MapFlags.FIXED | MapFlags.GROWSDOWN;

  private final MmFixture fixture = new MmFixture();
  private final AddressSpace mm = fixture.mm;

  @AfterEach
  void isWhole() {
    fixture.check();
  }

  private void mapStack(int page, int pages) {
    fixture.mmap.map(mm, address(page), pages * PAGE, Prot.READ | Prot.WRITE, STACK);
  }

  /** What a fault at the address finds. */
  private @Nullable Vma fault(long address) {
    Vma vma = fixture.lookup.lockMmAndFind(mm, address);
    if (vma != null) {
      mm.mmapReadUnlock();
    }
    return vma;
  }

  @Test
  void aTouchBelowMakesItGrow() {
    mapStack(400, 2);
    Vma stack = fault(address(395) + 17);
    assertNotNull(stack);
    assertSame(fixture.areaAt(400), stack);
    assertEquals(address(395), stack.start());
    assertEquals(Addresses.pages(address(395)), stack.pageOffset());
    assertNotNull(stack.anonVma());
    assertEquals(7, mm.stackVmPages());
    assertEquals(7, fixture.committed.pages());
  }

  @Test
  void otherAreasDoNotGrow() {
    fixture.mapFixed(400, 2, Prot.READ | Prot.WRITE);
    assertNull(fault(address(399)));
    assertNull(fault(address(402)));
    mm.mmapWriteLock();
    assertErrno(
        Errno.EFAULT, () -> fixture.stackGrowth.expandDownwards(fixture.areaAt(400), address(399)));
    mm.mmapWriteUnlock();
  }

  @Test
  void aGapStaysToWhatIsBelow() {
    fixture.mapFixed(0, 10, Prot.READ);
    mapStack(400, 2);
    assertNull(fault(address(265)), "256 pages must stay");
    assertNotNull(fault(address(266)));
  }

  @Test
  void whatCannotBeAccessedOrIsAStackMayBeNear() {
    fixture.mapFixed(0, 10, Prot.NONE);
    mapStack(400, 2);
    assertNotNull(fault(address(20)));
    mapStack(12, 2);
    assertNotNull(fault(address(15)));
  }

  @Test
  void limitsStopIt() {
    mapStack(400, 2);
    mm.changeLimits(Limits.standard().withStack(8 * PAGE));
    assertNull(fault(address(393)));
    assertNotNull(fault(address(394)));
    mm.changeLimits(Limits.standard().withAddressSpace(10 * PAGE));
    assertNull(fault(address(391)));
    assertNotNull(fault(address(392)));
    mm.changeLimits(Limits.standard());
    fixture.settings.changeOvercommit(VmSettings.Overcommit.NEVER);
    fixture.settings.changeOvercommitKbytes(44);
    assertNull(fault(address(391)));
    assertEquals(10, fixture.committed.pages());
  }

  @Test
  void lockedStacksCount() {
    mapStack(400, 2);
    fixture.mlock.mlock(mm, address(400), 2 * PAGE);
    mm.changeCapabilities(Capabilities.NONE);
    mm.changeLimits(Limits.standard().withMemlock(4 * PAGE));
    assertNull(fault(address(397)));
    assertNotNull(fault(address(398)));
    assertEquals(4, mm.lockedVmPages());
  }

  /** What setarch -R shows of a small program: 132 KiB at the top. */
  @Test
  void execMakesAStackWithHeadroom() {
    InitialStack initial = new InitialStack(fixture.context);
    mm.mmapWriteLock();
    Vma stack = initial.begin(mm);
    assertTrue(stack.isTemporaryStack());
    initial.makeRoom(stack, 100);
    initial.finish(stack);
    mm.mmapWriteUnlock();
    assertFalse(stack.isTemporaryStack());
    assertEquals(0x7fff_fffd_e000L, stack.start());
    assertEquals(0x7fff_ffff_f000L, stack.end());
    assertEquals("rd wr mr mw me gd ac", VmFlags.letters(stack.flags()).strip());
    assertEquals(33, mm.stackVmPages());
  }

  @Test
  void execHeedsTheStackLimit() {
    mm.changeLimits(Limits.standard().withStack(10 * PAGE + 5));
    InitialStack initial = new InitialStack(fixture.context);
    mm.mmapWriteLock();
    Vma stack = initial.begin(mm);
    initial.makeRoom(stack, 3 * PAGE);
    initial.finish(stack);
    mm.mmapWriteUnlock();
    assertEquals(10, stack.pages());
  }

  @Test
  void theLayoutLeavesRoomForTheStack() {
    long gap = fixture.settings.stackGuardGapBytes();
    assertEquals(0x7fff_f7ff_f000L, AddressLayout.mmapBase(8L << 20, gap));
    assertEquals(0x5555_5555_4000L, AddressLayout.PROGRAM_BASE);
    long stackOfOneGibibyte = AddressLayout.STACK_TOP - (1L << 30) - gap;
    assertEquals(stackOfOneGibibyte, AddressLayout.mmapBase(1L << 30, gap));
    long unlimited = AddressLayout.mmapBase(Limits.UNLIMITED, gap);
    assertEquals(Addresses.pageCeil(Addresses.TASK_SIZE - Addresses.TASK_SIZE / 6 * 5), unlimited);
  }
}
