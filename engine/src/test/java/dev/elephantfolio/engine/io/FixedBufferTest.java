package dev.elephantfolio.engine.io;

import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertThrows;

import dev.elephantfolio.engine.Errno;
import dev.elephantfolio.engine.MachineBuilder.ContentsKind;
import dev.elephantfolio.engine.mm.Capabilities;
import dev.elephantfolio.engine.mm.Limits;
import dev.elephantfolio.engine.mm.Madvise;
import dev.elephantfolio.engine.mm.MapFlags;
import dev.elephantfolio.engine.mm.Prot;
import java.util.Optional;
import org.junit.jupiter.api.Test;

/** Registered buffers: what may be registered, what it costs, and whose pages they are later. */
final class FixedBufferTest {
  private static final long PAGE = IoFixture.PAGE;
  private static final long HUGE = IoFixture.HUGE;
  private static final int RW = Prot.READ | Prot.WRITE;

  private final IoFixture f = new IoFixture(ContentsKind.BYTES);
  private final Disk disk = new Disk(HUGE);

  private Optional<Errno> register(long address, long lengthBytes) {
    return f.errno(() -> f.process.io().registerBuffer(address, lengthBytes).unregister());
  }

  @Test
  void whatMayBeRegistered() {
    Optional<Errno> fault = Optional.of(Errno.EFAULT);
    long at = f.mapSmall(4 * PAGE);
    assertEquals(Optional.empty(), register(at + 8, 16));
    assertEquals(fault, register(at, 0));
    assertEquals(fault, register(0, PAGE));
    assertEquals(fault, register(at, (1L << 30) + PAGE));
    assertEquals(fault, register(0x7fff_ffff_f000L, PAGE));
    f.process.mprotect(at, PAGE, Prot.READ);
    assertEquals(fault, register(at, PAGE));
    f.process.munmap(at + 2 * PAGE, PAGE);
    assertEquals(fault, register(at + PAGE, 2 * PAGE));
    f.finish();
  }

  @Test
  void ofFilesAndSharedMemory() {
    var file = f.machine.file("data", true);
    long shared = f.process.mmap(0, PAGE, RW, MapFlags.SHARED, file, 0);
    long own = f.process.mmap(0, PAGE, RW, MapFlags.PRIVATE, file, 0);
    long shmem = f.process.mmap(0, PAGE, RW, MapFlags.SHARED | MapFlags.ANONYMOUS);
    f.process.write(shared, 1);
    assertEquals(Optional.of(Errno.EFAULT), register(shared, PAGE));
    assertEquals(Optional.empty(), register(own, PAGE));
    assertEquals(Optional.empty(), register(shmem, PAGE));
    f.check();
  }

  @Test
  void keepsThePagesAfterMunmapAndExit() {
    long at = f.mapSmall(2 * PAGE);
    FixedBuffer buffer = f.process.io().registerBuffer(at, 2 * PAGE);
    f.process.munmap(at, 2 * PAGE);
    f.process.exit();
    f.check();
    assertEquals(2 * PAGE, buffer.write(disk, 0, 0, 2 * PAGE));
    assertEquals(f.filled(at + PAGE), disk.read(PAGE));
    buffer.unregister();
    buffer.unregister();
    assertThrows(Exception.class, () -> buffer.write(disk, 0, 0, PAGE));
    f.finish();
  }

  @Test
  void partsOfTheBuffer() {
    long at = f.mapSmall(2 * PAGE);
    FixedBuffer buffer = f.process.io().registerBuffer(at, 2 * PAGE);
    disk.write(16, 5);
    assertEquals(24, buffer.read(disk, 8, PAGE - 16, 24));
    assertEquals(5, f.process.read(at + PAGE - 8));
    assertEquals(0, f.process.read(at + PAGE));
    assertEquals(f.filled(at), f.process.read(at));
    Optional<Errno> fault = Optional.of(Errno.EFAULT);
    assertEquals(fault, f.errno(() -> buffer.write(disk, 0, PAGE, PAGE + 8)));
    assertEquals(fault, f.errno(() -> buffer.write(disk, 0, -8, 16)));
    assertEquals(fault, f.errno(() -> buffer.write(disk, 0, 8, Long.MAX_VALUE - 7)));
    assertEquals(Optional.of(Errno.EINVAL), f.errno(() -> buffer.write(disk, 0, 4, 8)));
    assertEquals(
        Optional.of(Errno.ENOSPC), f.errno(() -> buffer.write(disk, disk.sizeBytes(), 0, 8)));
    assertEquals(8, buffer.write(disk, disk.sizeBytes() - 8, 0, 16));
    buffer.close();
    f.finish();
  }

  /** One pin a folio, when the buffer goes from folio to folio: numbers of a live 6.18. */
  @Test
  void pinsOfHugePages() {
    long at = f.mapHuge(2 * HUGE);
    int head = f.process.pagemap(at).pfn();
    FixedBuffer buffer = f.process.io().registerBuffer(at + PAGE, 2 * HUGE - 2 * PAGE);
    assertEquals(1, f.machine.kernel().memMap().pinCount(head));
    assertEquals(1022, f.machine.vmStat().get("nr_foll_pin_acquired"));
    assertEquals(1020, f.machine.vmStat().get("nr_foll_pin_released"));
    f.check();
    assertThrows(IllegalStateException.class, () -> buffer.pages().unpin(0, 1));
    buffer.unregister();
    assertEquals(1022, f.machine.vmStat().get("nr_foll_pin_released"));
    f.finish();
  }

  @Test
  void pinsOfMixedPages() {
    long at = f.mapHuge(2 * HUGE);
    int head = f.process.pagemap(at).pfn();
    f.process.madvise(at + HUGE - PAGE, PAGE, Madvise.DONTNEED);
    FixedBuffer buffer = f.process.io().registerBuffer(at, 2 * HUGE);
    assertEquals(511, f.machine.kernel().memMap().pinCount(head));
    f.check();
    buffer.unregister();
    f.finish();
  }

  /** Only without CAP_IPC_LOCK is anything accounted. */
  @Test
  void whatItCosts() {
    long small = f.mapSmall(64 * PAGE);
    long huge = f.mapHuge(HUGE);
    FixedBuffer free = f.process.io().registerBuffer(small, 16 * PAGE);
    assertEquals(0, f.process.memory().pinnedVm().pages());
    free.unregister();
    f.process.memory().changeCapabilities(Capabilities.NONE);
    f.process.limit(Limits.standard().withMemlock(4 << 20));
    FixedBuffer buffer = f.process.io().registerBuffer(small, 16 * PAGE);
    assertEquals(16, f.process.memory().pinnedVm().pages());
    FixedBuffer ofHuge = f.process.io().registerBuffer(huge + PAGE, PAGE);
    assertEquals(16 + 512, f.process.memory().pinnedVm().pages());
    ofHuge.unregister();
    f.process.limit(Limits.standard().withMemlock(1 << 20));
    assertEquals(Optional.of(Errno.ENOMEM), register(huge + PAGE, PAGE));
    assertEquals(16, f.process.memory().pinnedVm().pages());
    buffer.unregister();
    assertEquals(0, f.process.memory().pinnedVm().pages());
    f.finish();
  }
}
