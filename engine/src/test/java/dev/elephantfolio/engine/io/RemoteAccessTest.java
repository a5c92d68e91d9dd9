package dev.elephantfolio.engine.io;

import static org.junit.jupiter.api.Assertions.assertEquals;

import dev.elephantfolio.engine.Errno;
import dev.elephantfolio.engine.MachineBuilder.ContentsKind;
import dev.elephantfolio.engine.Process;
import dev.elephantfolio.engine.mm.Prot;
import java.util.Optional;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.EnumSource;

/** process_vm_readv and process_vm_writev; what comes of bad ranges is as on a live 6.18. */
final class RemoteAccessTest {
  private static final long PAGE = IoFixture.PAGE;
  private static final long HUGE = IoFixture.HUGE;
  private static final int RW = Prot.READ | Prot.WRITE;

  private IoFixture f = new IoFixture(ContentsKind.BYTES);
  private Process other = f.machine.spawn("other");

  private long mapOther(long bytes) {
    return other.mmap(0, bytes, RW, 0x22);
  }

  @ParameterizedTest
  @EnumSource
  void copiesBothWays(ContentsKind contents) {
    f = new IoFixture(contents);
    other = f.machine.spawn("other");
    long mine = f.mapHuge(3 * HUGE);
    long theirs = mapOther(3 * HUGE);
    assertEquals(3 * HUGE, f.process.io().processVmWritev(other, mine, theirs, 3 * HUGE));
    for (long at = 0; at < 3 * HUGE; at += PAGE) {
      assertEquals(f.filled(mine + at), other.read(theirs + at));
      other.write(theirs + at, at + 1);
    }
    f.check();
    assertEquals(3 * HUGE, f.process.io().processVmReadv(other, mine, theirs, 3 * HUGE));
    for (long at = 0; at < 3 * HUGE; at += PAGE) {
      assertEquals(at + 1, f.process.read(mine + at));
    }
    f.finish();
  }

  @Test
  void copiesWordsAnywhere() {
    long mine = f.mapSmall(2 * PAGE);
    long theirs = mapOther(2 * PAGE);
    for (long at = 0; at < 2 * PAGE; at += 8) {
      other.write(theirs + at, at);
    }
    assertEquals(64, f.process.io().processVmReadv(other, mine + 8, theirs + PAGE - 32, 64));
    for (long at = 0; at < 64; at += 8) {
      assertEquals(PAGE - 32 + at, f.process.read(mine + 8 + at));
    }
    assertEquals(
        Optional.of(Errno.EINVAL),
        f.errno(() -> f.process.io().processVmReadv(other, mine + 4, theirs, 8)));
    f.finish();
  }

  @Test
  void endsAtTheFirstAddressThatDoesNotDo() {
    long mine = f.mapSmall(4 * PAGE);
    long theirs = mapOther(4 * PAGE);
    other.munmap(theirs + 2 * PAGE, PAGE);
    assertEquals(2 * PAGE, f.process.io().processVmReadv(other, mine, theirs, 4 * PAGE));
    Optional<Errno> fault = Optional.of(Errno.EFAULT);
    assertEquals(
        fault, f.errno(() -> f.process.io().processVmReadv(other, mine, theirs + 2 * PAGE, PAGE)));
    f.process.munmap(mine + PAGE, PAGE);
    assertEquals(PAGE, f.process.io().processVmReadv(other, mine, theirs, 2 * PAGE));
    other.mprotect(theirs, PAGE, Prot.READ);
    assertEquals(fault, f.errno(() -> f.process.io().processVmWritev(other, mine, theirs, PAGE)));
    f.finish();
  }

  @Test
  void writesBreakSharingWithTheOthersChild() {
    long mine = f.mapSmall(PAGE);
    long theirs = mapOther(PAGE);
    other.write(theirs, 3);
    Process child = other.fork("child");
    f.process.io().processVmWritev(other, mine, theirs, PAGE);
    assertEquals(3, child.read(theirs));
    assertEquals(f.filled(mine), other.read(theirs));
    f.finish();
  }

  @Test
  void ofAProcessThatHasEnded() {
    long mine = f.mapSmall(PAGE);
    other.exit();
    assertEquals(
        Optional.of(Errno.ESRCH),
        f.errno(() -> f.process.io().processVmReadv(other, mine, mine, 8)));
    f.finish();
  }

  @Test
  void ofItself() {
    long mine = f.mapSmall(2 * PAGE);
    f.process.io().processVmReadv(f.process, mine, mine + PAGE, PAGE);
    assertEquals(f.filled(mine + PAGE), f.process.read(mine));
    f.finish();
  }
}
