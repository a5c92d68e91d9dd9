package dev.elephantfolio.engine.mm;

import static dev.elephantfolio.engine.mm.MmFixture.PAGE;
import static dev.elephantfolio.engine.mm.MmFixture.address;
import static dev.elephantfolio.engine.mm.MmFixture.assertErrno;
import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertTrue;

import dev.elephantfolio.engine.Errno;
import java.util.List;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.Test;

/** mprotect: areas, charges, refusals. */
class MprotectCallTest {
  private static final int READ_WRITE = Prot.READ | Prot.WRITE;
  private static final int FIXED = MapFlags.PRIVATE | MapFlags.ANONYMOUS | MapFlags.FIXED;

  private final MmFixture fixture = new MmFixture();

  @AfterEach
  void isWhole() {
    fixture.check();
  }

  private void protect(int from, int to, int prot) {
    fixture.mprotect.protect(fixture.mm, address(from), (to - from) * PAGE, prot);
  }

  private void map(int from, int to, int prot) {
    fixture.mmap.map(fixture.mm, address(from), (to - from) * PAGE, prot, FIXED);
    fixture.ranges.take();
  }

  @Test
  void partsBecomeAreasAndJoinTheirEquals() {
    map(0, 6, READ_WRITE);
    fixture.touch(0);
    protect(2, 4, Prot.READ);
    assertEquals("AA|RR|AA", fixture.picture());
    assertEquals(List.of("protect 2-4"), fixture.ranges.take("protect"));
    protect(1, 5, Prot.READ);
    assertEquals("A|RRRR|A", fixture.picture());
    assertEquals(List.of("protect 1-2", "protect 4-5"), fixture.ranges.take("protect"));
    protect(0, 6, READ_WRITE);
    assertEquals("AAAAAA", fixture.picture());
    assertEquals(List.of("protect 1-5 writable"), fixture.ranges.take("protect"));
  }

  @Test
  void argumentsThatMakeNoSense() {
    map(0, 4, READ_WRITE);
    long length = 2 * PAGE;
    assertErrno(
        Errno.EINVAL, () -> fixture.mprotect.protect(fixture.mm, address(0) + 1, length, 1));
    assertErrno(Errno.EINVAL, () -> protect(0, 2, 1 << 10));
    assertErrno(Errno.EINVAL, () -> protect(0, 2, Prot.GROWSDOWN | Prot.GROWSUP));
    assertErrno(Errno.EINVAL, () -> protect(0, 2, Prot.READ | Prot.GROWSDOWN));
    assertErrno(Errno.EINVAL, () -> protect(0, 2, Prot.READ | Prot.GROWSUP));
    assertErrno(Errno.ENOMEM, () -> fixture.mprotect.protect(fixture.mm, address(0), -PAGE, 1));
    fixture.mprotect.protect(fixture.mm, address(50), 0, Prot.READ);
    assertEquals("AAAA", fixture.picture());
  }

  /** What lies below a hole is changed, as in Linux. */
  @Test
  void aHoleEndsItHalfway() {
    map(0, 2, READ_WRITE);
    map(3, 5, READ_WRITE);
    assertErrno(Errno.ENOMEM, () -> protect(0, 5, Prot.READ));
    assertEquals("RR AA", fixture.picture());
    assertErrno(Errno.ENOMEM, () -> protect(2, 5, Prot.READ));
    assertErrno(Errno.ENOMEM, () -> protect(4, 9, Prot.READ));
    assertEquals("RR A|R", fixture.picture());
    assertErrno(Errno.ENOMEM, () -> protect(6, 9, Prot.READ));
  }

  @Test
  void aStackIsProtectedFromItsStart() {
    int stack = FIXED | MapFlags.GROWSDOWN;
    fixture.mmap.map(fixture.mm, address(0), 4 * PAGE, READ_WRITE, stack);
    protect(2, 3, Prot.READ | Prot.GROWSDOWN);
    assertEquals("rd mr mw me gd", VmFlags.letters(fixture.areaAt(0).flags()).strip());
    assertEquals(address(3), fixture.areaAt(0).end());
  }

  // Charges.

  @Test
  void memoryIsChargedWhenItBecomesWritable() {
    map(0, 8, Prot.READ);
    assertEquals(0, fixture.committed.pages());
    protect(2, 5, READ_WRITE);
    assertEquals(3, fixture.committed.pages());
    assertTrue(fixture.areaAt(2).has(VmFlags.ACCOUNT));
    assertEquals(3, fixture.mm.dataVmPages());
  }

  @Test
  void untouchedMemoryGivesItsChargeBack() {
    map(0, 4, READ_WRITE);
    protect(0, 4, Prot.READ);
    assertEquals(0, fixture.committed.pages());
    protect(0, 4, READ_WRITE);
    fixture.touch(0);
    protect(0, 4, Prot.READ);
    assertEquals(4, fixture.committed.pages(), "its pages may be dirty");
    assertTrue(fixture.areaAt(0).has(VmFlags.ACCOUNT));
  }

  @Test
  void refusedForTheCommitLimitOrRlimitData() {
    map(0, 8, Prot.READ);
    fixture.mm.changeLimits(Limits.standard().withData(4 * PAGE));
    assertErrno(Errno.ENOMEM, () -> protect(0, 8, READ_WRITE));
    protect(0, 4, READ_WRITE);
    fixture.mm.changeLimits(Limits.standard());
    fixture.settings.changeOvercommit(VmSettings.Overcommit.NEVER);
    fixture.settings.changeOvercommitKbytes(20);
    assertErrno(Errno.ENOMEM, () -> protect(4, 8, READ_WRITE));
    assertEquals("AAAA|RRRR", fixture.picture());
    assertEquals(4, fixture.committed.pages());
  }

  @Test
  void refusedForTooManyAreasNothingIsCharged() {
    map(0, 8, Prot.READ);
    fixture.settings.changeMaxMapCount(1);
    assertErrno(Errno.ENOMEM, () -> protect(2, 3, READ_WRITE));
    assertEquals(0, fixture.committed.pages());
    assertEquals("RRRRRRRR", fixture.picture());
  }

  @Test
  void lockedPrivateMemoryIsCopiedWhenItBecomesWritable() {
    map(0, 4, Prot.READ);
    fixture.mlock.mlock(fixture.mm, address(0), 4 * PAGE);
    fixture.ranges.take();
    protect(1, 3, READ_WRITE);
    assertEquals(List.of("populateLocked 1-3"), fixture.ranges.take("populateLocked"));
  }

  @Test
  void sealedMemoryStaysAsItIs() {
    map(0, 4, READ_WRITE);
    fixture.mm.mmapWriteLock();
    Vma vma = fixture.areaAt(0);
    fixture.modify.resetFlags(vma, vma.flags() | VmFlags.SEALED);
    fixture.mm.mmapWriteUnlock();
    assertErrno(Errno.EPERM, () -> protect(0, 4, Prot.READ));
    assertErrno(Errno.EPERM, () -> protect(0, 4, READ_WRITE));
  }
}
