package dev.elephantfolio.engine.mm;

import static dev.elephantfolio.engine.mm.MmFixture.PAGE;
import static dev.elephantfolio.engine.mm.MmFixture.address;
import static dev.elephantfolio.engine.mm.MmFixture.assertErrno;
import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertFalse;
import static org.junit.jupiter.api.Assertions.assertTrue;

import dev.elephantfolio.engine.Errno;
import java.util.List;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.Test;

/** mlock and its relatives. */
class MlockCallsTest {
  private final MmFixture fixture = new MmFixture();
  private final AddressSpace mm = fixture.mm;

  @AfterEach
  void isWhole() {
    fixture.check();
  }

  private void lock(int from, int to) {
    fixture.mlock.mlock(mm, address(from), (to - from) * PAGE);
  }

  private void unlock(int from, int to) {
    fixture.mlock.munlock(mm, address(from), (to - from) * PAGE);
  }

  /** The areas as runs of l (locked), o (locked on fault) and dots. */
  private String locks() {
    StringBuilder picture = new StringBuilder();
    for (Vma vma : mm.vmas().toArray()) {
      String letter = ".";
      if (vma.has(VmFlags.LOCKED)) {
        letter = vma.has(VmFlags.LOCKONFAULT) ? "o" : "l";
      }
      picture.append(letter.repeat((int) vma.pages())).append(' ');
    }
    return picture.toString().strip();
  }

  @Test
  void partsAreLockedAndCounted() {
    fixture.draw("AAAAAA");
    lock(2, 4);
    assertEquals(".. ll ..", locks());
    assertEquals(2, mm.lockedVmPages());
    assertEquals(
        List.of("adjust 0-2", "adjust 2-4", "mlock 2-4", "populate 2-4"), fixture.ranges.take());
    lock(1, 5);
    assertEquals(". llll .", locks());
    assertEquals(4, mm.lockedVmPages());
    assertEquals(List.of("mlock 1-2", "mlock 4-5"), fixture.ranges.take("mlock"));
    unlock(0, 6);
    assertEquals("......", locks());
    assertEquals(0, mm.lockedVmPages());
    assertEquals(List.of("munlock 1-5"), fixture.ranges.take("munlock"));
  }

  @Test
  void addressesAreRoundedOutwards() {
    fixture.draw("AAAA");
    fixture.mlock.mlock(mm, address(1) + 100, PAGE);
    assertEquals(". ll .", locks());
    fixture.mlock.munlock(mm, address(1) + 100, 1);
    assertEquals(".. l .", locks());
  }

  @Test
  void lockingOnFaultIsAnotherKind() {
    fixture.draw("AAAA");
    fixture.mlock.mlock2(mm, address(0), 4 * PAGE, MlockCalls.MLOCK_ONFAULT);
    assertEquals("oooo", locks());
    lock(0, 2);
    assertEquals("ll oo", locks());
    assertEquals(4, mm.lockedVmPages());
    assertErrno(Errno.EINVAL, () -> fixture.mlock.mlock2(mm, address(0), PAGE, 2));
  }

  @Test
  void holesAndWrapsAreRefused() {
    fixture.draw("AA AA");
    assertErrno(Errno.ENOMEM, () -> lock(0, 5));
    assertEquals("ll ..", locks(), "what lies below the hole is locked");
    assertErrno(Errno.ENOMEM, () -> lock(2, 5));
    assertErrno(Errno.ENOMEM, () -> unlock(3, 9));
    assertErrno(Errno.EINVAL, () -> fixture.mlock.mlock(mm, address(0), -2 * PAGE));
    fixture.mlock.mlock(mm, address(50), 0);
  }

  @Test
  void whatCannotBeFaultedInIsReported() {
    fixture.draw("AA");
    fixture.mprotect.protect(mm, address(0), 2 * PAGE, Prot.NONE);
    assertErrno(Errno.ENOMEM, () -> lock(0, 2));
    assertEquals("ll", locks());
  }

  @Test
  void ordinaryUsersHaveALimit() {
    fixture.draw("AAAAAAAA");
    mm.changeCapabilities(Capabilities.NONE);
    mm.changeLimits(Limits.standard().withMemlock(4 * PAGE));
    assertErrno(Errno.ENOMEM, () -> lock(0, 5));
    lock(0, 4);
    lock(0, 4);
    assertErrno(Errno.ENOMEM, () -> lock(1, 5));
    assertErrno(Errno.ENOMEM, () -> fixture.mlock.mlockall(mm, MlockCalls.MCL_CURRENT));
    mm.changeLimits(Limits.standard().withMemlock(0));
    assertErrno(Errno.EPERM, () -> lock(0, 1));
    assertErrno(Errno.EPERM, () -> fixture.mlock.mlockall(mm, MlockCalls.MCL_FUTURE));
    unlock(0, 8);
    assertEquals("........", locks());
  }

  @Test
  void allThatIsAndAllThatComes() {
    fixture.draw("AA BB");
    fixture.mlock.mlockall(mm, MlockCalls.MCL_CURRENT);
    assertEquals("ll ll", locks());
    fixture.mapFixed(6, 1, Prot.READ);
    assertEquals("ll ll .", locks());
    fixture.mlock.mlockall(mm, MlockCalls.MCL_FUTURE | MlockCalls.MCL_ONFAULT);
    fixture.mapFixed(8, 1, Prot.READ);
    assertEquals("ll ll . o", locks(), "what was there is left alone");
    fixture.mlock.munlockall(mm);
    assertEquals(".. .. . .", locks());
    assertEquals(0, mm.defaultFlags());
    assertEquals(0, mm.lockedVmPages());
  }

  @Test
  void mlockallKnowsItsFlags() {
    assertErrno(Errno.EINVAL, () -> fixture.mlock.mlockall(mm, 0));
    assertErrno(Errno.EINVAL, () -> fixture.mlock.mlockall(mm, 8));
    assertErrno(Errno.EINVAL, () -> fixture.mlock.mlockall(mm, MlockCalls.MCL_ONFAULT));
  }

  @Test
  void deviceMemoryIsPassedOver() {
    fixture.draw("AABB");
    mm.mmapWriteLock();
    Vma device = fixture.areaAt(0);
    fixture.modify.resetFlags(device, device.flags() | VmFlags.IO);
    mm.mmapWriteUnlock();
    lock(0, 4);
    assertFalse(fixture.areaAt(0).has(VmFlags.LOCKED));
    assertTrue(fixture.areaAt(2).has(VmFlags.LOCKED));
    assertFalse(fixture.areaAt(2).has(VmFlags.IO), "marked only while its pages are");
    assertEquals(2, mm.lockedVmPages());
  }
}
