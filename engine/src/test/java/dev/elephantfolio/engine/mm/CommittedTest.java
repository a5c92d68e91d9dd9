package dev.elephantfolio.engine.mm;

import static dev.elephantfolio.engine.mm.MmFixture.assertErrno;
import static org.junit.jupiter.api.Assertions.assertEquals;

import dev.elephantfolio.engine.Errno;
import org.junit.jupiter.api.Test;

/** The three overcommit modes, on a machine of 4096 pages with 1000 pages of swap. */
class CommittedTest {
  private final MmFixture fixture = new MmFixture();
  private final AddressSpace mm = fixture.mm;
  private final VmSettings settings = fixture.settings;
  private final Committed committed = new Committed(settings, () -> 4096, () -> 1000);

  @Test
  void guessingRefusesOnlyWhatCanNeverBe() {
    assertErrno(Errno.ENOMEM, () -> committed.charge(mm, 5097));
    assertEquals(0, committed.pages());
    for (int i = 0; i < 10; i++) {
      committed.charge(mm, 5096);
    }
    assertEquals(50960, committed.pages());
    committed.uncharge(50960);
    assertEquals(0, committed.pages());
  }

  @Test
  void alwaysMeansAlways() {
    settings.changeOvercommit(VmSettings.Overcommit.ALWAYS);
    committed.charge(mm, Long.MAX_VALUE / 2);
  }

  @Test
  void strictlyTheSumHasALimit() {
    settings.changeOvercommit(VmSettings.Overcommit.NEVER);
    assertEquals(2048 + 1000, committed.limitPages());
    assertErrno(Errno.ENOMEM, () -> committed.charge(mm, 3048));
    committed.charge(mm, 3047);
    assertErrno(Errno.ENOMEM, () -> committed.charge(mm, 1));
    settings.changeOvercommitRatio(75);
    committed.charge(mm, 1024);
    settings.changeOvercommitKbytes(4 * 5000);
    assertEquals(6000, committed.limitPages());
    assertEquals(0, settings.overcommitRatio());
  }

  @Test
  void strictlySomeIsKeptForRootAndForOtherProcesses() {
    settings.changeOvercommit(VmSettings.Overcommit.NEVER);
    settings.changeAdminReserveKbytes(4 * 100);
    mm.changeCapabilities(Capabilities.NONE);
    assertErrno(Errno.ENOMEM, () -> committed.charge(mm, 2948));
    committed.charge(mm, 2947);
    committed.uncharge(2947);
    mm.changeCapabilities(Capabilities.ALL);
    mm.mmapWriteLock();
    mm.accountPages(VmFlags.NONE, 3200);
    mm.mmapWriteUnlock();
    assertErrno(Errno.ENOMEM, () -> committed.charge(mm, 2948));
    settings.changeUserReserveKbytes(4 * 50);
    assertErrno(Errno.ENOMEM, () -> committed.charge(mm, 2998));
    committed.charge(mm, 2997);
  }
}
