package dev.elephantfolio.engine.io;

import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertFalse;
import static org.junit.jupiter.api.Assertions.assertThrows;
import static org.junit.jupiter.api.Assertions.assertTrue;

import dev.elephantfolio.engine.Errno;
import dev.elephantfolio.engine.MachineBuilder.ContentsKind;
import dev.elephantfolio.engine.Process;
import dev.elephantfolio.engine.io.DirectIo.Direction;
import dev.elephantfolio.engine.mm.Madvise;
import dev.elephantfolio.engine.mm.Prot;
import java.util.Optional;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.EnumSource;

/** Direct reads and writes whose pages lose their place in the page tables on the way. */
final class DirectIoTest {
  private static final long PAGE = IoFixture.PAGE;
  private static final long HUGE = IoFixture.HUGE;

  private IoFixture f = new IoFixture(ContentsKind.TAGS);
  private final Disk disk = new Disk(4 * HUGE);

  /** Puts a word of its own, made from {@code seed}, at each page of the disk. */
  private void fillDisk(long bytes, int seed) {
    for (long at = 0; at < bytes; at += PAGE) {
      disk.write(at, at * 31 + seed);
    }
  }

  private void checkMemory(Process process, long address, long bytes, int seed) {
    for (long at = 0; at < bytes; at += PAGE) {
      assertEquals(at * 31 + seed, process.read(address + at), "at " + at);
    }
  }

  @Test
  void goesOnBeneathChangingTables() {
    long at = f.mapHuge(HUGE);
    fillDisk(HUGE, 5);
    DirectIo read = f.process.io().direct(Direction.READ, disk, 0, at, HUGE);
    read.transfer(HUGE / 4);
    f.process.madvise(at, HUGE, Madvise.COLD);
    f.process.mprotect(at, PAGE, Prot.READ);
    read.transfer(HUGE / 4);
    f.machine.splitHugePages(f.process, at, at + HUGE, 0);
    f.process.mprotect(at, PAGE, Prot.READ | Prot.WRITE);
    Process child = f.process.fork("child");
    read.transfer(HUGE / 4);
    f.check();
    f.process.madvise(at, HUGE, Madvise.HUGEPAGE);
    assertThrows(Exception.class, () -> f.process.madvise(at, HUGE, Madvise.COLLAPSE));
    assertFalse(read.isDone());
    assertEquals(HUGE, read.finish());
    checkMemory(f.process, at, HUGE, 5);
    checkMemory(child, at, HUGE / 2, 5);
    assertEquals(f.filled(at + 3 * HUGE / 4), child.read(at + 3 * HUGE / 4));
    f.finish();
  }

  @Test
  void writesWhatTheMemoryHoldsWhenTheDeviceComes() {
    long at = f.mapSmall(4 * PAGE);
    DirectIo write = f.process.io().direct(Direction.WRITE, disk, PAGE, at, 4 * PAGE);
    write.transfer(2 * PAGE);
    f.process.write(at, 77);
    f.process.write(at + 3 * PAGE, 78);
    write.finish();
    assertEquals(0, disk.read(0));
    assertEquals(f.filled(at), disk.read(PAGE));
    assertEquals(78, disk.read(4 * PAGE));
    f.finish();
  }

  @Test
  void afterMunmapTheDeviceWritesToFramesOfNobody() {
    long at = f.mapSmall(4 * PAGE);
    fillDisk(4 * PAGE, 1);
    DirectIo read = f.process.io().direct(Direction.READ, disk, 0, at, 4 * PAGE);
    f.process.munmap(at, 4 * PAGE);
    long other = f.mapSmall(64 * PAGE);
    read.finish();
    for (long page = other; page < other + 64 * PAGE; page += PAGE) {
      assertEquals(f.filled(page), f.process.read(page));
    }
    f.finish();
  }

  @Test
  void theProcessMayEndMeanwhile() {
    long at = f.mapHuge(HUGE);
    DirectIo write = f.process.io().direct(Direction.WRITE, disk, 0, at, HUGE);
    write.transfer(PAGE);
    f.process.exit();
    f.check();
    assertEquals(HUGE, write.finish());
    assertEquals(f.filled(at + HUGE - PAGE), disk.read(HUGE - PAGE));
    f.finish();
  }

  @ParameterizedTest
  @EnumSource
  void pagesReadIntoAreSavedFromMadvFree(ContentsKind contents) {
    f = new IoFixture(contents);
    long at = f.mapSmall(PAGE);
    fillDisk(PAGE, 9);
    DirectIo read = f.process.io().direct(Direction.READ, disk, 0, at, PAGE);
    f.process.madvise(at, PAGE, Madvise.FREE);
    read.finish();
    f.process.madvise(at, PAGE, Madvise.PAGEOUT);
    assertTrue(f.process.pagemap(at).present());
    checkMemory(f.process, at, PAGE, 9);
    f.finish();
  }

  @Test
  void everyWordIsMovedWhereAllAreKept() {
    f = new IoFixture(ContentsKind.BYTES);
    long at = f.mapSmall(3 * PAGE) + 512;
    for (long offset = 0; offset < PAGE; offset += 8) {
      disk.write(512 + offset, offset + 1);
    }
    assertEquals(PAGE, f.process.io().direct(Direction.READ, disk, 512, at, PAGE).finish());
    for (long offset = 0; offset < PAGE; offset += 8) {
      assertEquals(offset + 1, f.process.read(at + offset));
    }
    assertEquals(f.filled(at - 512), f.process.read(at - 512));
    f.finish();
  }

  @Test
  void badRequests() {
    long at = f.mapSmall(4 * PAGE);
    assertEquals(Optional.of(Errno.EINVAL), f.errno(() -> begin(Direction.READ, 0, at + 4, 512)));
    assertEquals(Optional.of(Errno.EINVAL), f.errno(() -> begin(Direction.READ, 8, at, 512)));
    assertEquals(Optional.of(Errno.EINVAL), f.errno(() -> begin(Direction.READ, 0, at, 8)));
    assertEquals(Optional.of(Errno.EINVAL), f.errno(() -> begin(Direction.READ, 0, at, -512)));
    assertEquals(Optional.of(Errno.EINVAL), f.errno(() -> begin(Direction.READ, -512, at, 512)));
    assertEquals(
        Optional.of(Errno.EFAULT), f.errno(() -> begin(Direction.READ, 0, at + 4 * PAGE, 512)));
    assertEquals(
        Optional.of(Errno.ENOSPC),
        f.errno(() -> begin(Direction.WRITE, disk.sizeBytes(), at, 512)));
    assertEquals(0, begin(Direction.READ, disk.sizeBytes(), at, 512));
    assertEquals(512, begin(Direction.READ, disk.sizeBytes() - 512, at, 2 * PAGE));
    f.process.mprotect(at, PAGE, Prot.READ);
    assertEquals(Optional.of(Errno.EFAULT), f.errno(() -> begin(Direction.READ, 0, at, PAGE)));
    assertEquals(PAGE, begin(Direction.WRITE, 0, at, PAGE));
    f.finish();
  }

  private long begin(Direction direction, long diskOffset, long address, long length) {
    return f.process.io().direct(direction, disk, diskOffset, address, length).finish();
  }

  /** As ext4 on a live 6.18: the part was moved, but the call fails. */
  @Test
  void aHoleInTheMiddle() {
    long at = f.mapSmall(4 * PAGE);
    f.process.munmap(at + 2 * PAGE, PAGE);
    fillDisk(4 * PAGE, 3);
    assertEquals(Optional.of(Errno.EFAULT), f.errno(() -> begin(Direction.READ, 0, at, 4 * PAGE)));
    checkMemory(f.process, at, 2 * PAGE, 3);
    f.finish();
  }

  @Test
  void abandoned() {
    long at = f.mapSmall(PAGE);
    DirectIo read = f.process.io().direct(Direction.READ, disk, 0, at, PAGE);
    read.close();
    read.close();
    assertThrows(IllegalStateException.class, () -> read.transfer(8));
    f.finish();
  }
}
