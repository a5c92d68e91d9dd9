package dev.elephantfolio.engine.secondary;

import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertFalse;
import static org.junit.jupiter.api.Assertions.assertThrows;
import static org.junit.jupiter.api.Assertions.assertTrue;

import dev.elephantfolio.engine.Errno;
import dev.elephantfolio.engine.Machine;
import dev.elephantfolio.engine.MemoryException;
import dev.elephantfolio.engine.Process;
import dev.elephantfolio.engine.invariant.Invariants;
import dev.elephantfolio.engine.mm.Madvise;
import dev.elephantfolio.engine.mm.MapFlags;
import dev.elephantfolio.engine.mm.Prot;
import dev.elephantfolio.engine.pagetable.Pte;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.Test;

/** A mirror, and a device that shares the process's tables. */
class SharersTest {
  private static final long BASE = 0x1000_0000_0000L;
  private static final long PAGE = 4096;
  private static final long HUGE = 512 * PAGE;
  private static final int RW = Prot.READ | Prot.WRITE;
  private static final int FIXED = MapFlags.FIXED | MapFlags.PRIVATE | MapFlags.ANONYMOUS;

  private final Machine machine = Machine.builder().memoryBytes(64L << 20).cpus(2).build();
  private final Process process = machine.spawn("subject");
  private final PageMirror mirror = PageMirror.attach(process, BASE, HUGE);
  private final SharedTableDevice device = SharedTableDevice.attach(process);

  @BeforeEach
  void map() {
    machine.set("transparent_hugepage/enabled", "madvise");
    long _ = process.mmap(BASE, 2 * HUGE, RW, FIXED);
  }

  @AfterEach
  void everythingHolds() {
    Invariants.check(machine);
  }

  private void huge() {
    process.madvise(BASE, 2 * HUGE, Madvise.HUGEPAGE);
  }

  private static void refused(Runnable access) {
    MemoryException refused = assertThrows(MemoryException.class, access::run);
    assertEquals(Errno.EFAULT, refused.errno());
  }

  private static void unusable(Runnable access) {
    MemoryException refused = assertThrows(MemoryException.class, access::run);
    assertEquals(Errno.EIO, refused.errno());
  }

  @Test
  void allSeeWhatAnyWrote() {
    process.write(BASE, 1);
    assertEquals(1, mirror.read(BASE));
    assertEquals(1, device.read(BASE));
    mirror.write(BASE, 2);
    assertEquals(2, process.read(BASE));
    assertEquals(2, device.read(BASE));
    device.write(BASE, 3);
    assertEquals(3, process.read(BASE));
    assertEquals(3, mirror.read(BASE));
  }

  @Test
  void theyFaultPagesIn() {
    mirror.write(BASE, 1);
    device.write(BASE + PAGE, 2);
    assertEquals(0, mirror.read(BASE + 2 * PAGE));
    assertEquals(0, device.read(BASE + 3 * PAGE));
    assertEquals(1, process.read(BASE));
    assertEquals(2, process.read(BASE + PAGE));
  }

  @Test
  void theyFollowSplitAndCollapse() {
    huge();
    mirror.write(BASE + 3 * PAGE, 1);
    device.write(BASE + 4 * PAGE, 2);
    machine.splitHugePages(process, BASE, BASE + PAGE, 0);
    assertEquals(0, mirror.pages());
    assertEquals(1, device.read(BASE + 3 * PAGE));
    assertEquals(2, mirror.read(BASE + 4 * PAGE));
    process.madvise(BASE, HUGE, Madvise.COLLAPSE);
    assertEquals(0, mirror.pages());
    assertEquals(1, mirror.read(BASE + 3 * PAGE));
    assertEquals(2, device.read(BASE + 4 * PAGE));
  }

  @Test
  void afterForkTheyBreakTheSharingToo() {
    device.write(BASE, 1);
    mirror.write(BASE + PAGE, 1);
    Process child = process.fork("child");
    device.write(BASE, 2);
    mirror.write(BASE + PAGE, 2);
    assertEquals(1, child.read(BASE));
    assertEquals(1, child.read(BASE + PAGE));
    assertEquals(2, process.read(BASE));
    assertEquals(2, process.read(BASE + PAGE));
  }

  @Test
  void protectionHolds() {
    device.write(BASE, 1);
    mirror.write(BASE, 2);
    process.mprotect(BASE, PAGE, Prot.READ);
    refused(() -> device.write(BASE, 3));
    refused(() -> mirror.write(BASE, 3));
    assertEquals(2, device.read(BASE));
    assertEquals(2, mirror.read(BASE));
    process.mprotect(BASE, PAGE, Prot.NONE);
    refused(() -> device.read(BASE));
    refused(() -> mirror.read(BASE));
  }

  @Test
  void whatIsGoneIsGone() {
    device.write(BASE, 1);
    mirror.write(BASE, 1);
    process.munmap(BASE, PAGE);
    refused(() -> device.read(BASE));
    refused(() -> mirror.read(BASE));
    process.exit();
    refused(() -> mirror.read(BASE + PAGE));
    unusable(() -> device.read(BASE + PAGE));
    device.close();
    mirror.close();
  }

  @Test
  void movedTablesAreNotFollowed() {
    huge();
    device.write(BASE, 1);
    long to = BASE + (1L << 30);
    long _ = process.mremap(BASE, HUGE, HUGE, 3, to);
    refused(() -> device.read(BASE));
    assertEquals(1, device.read(to));
  }

  @Test
  void aDeviceMarksTheProcessesEntries() {
    process.write(BASE, 1);
    process.madvise(BASE, PAGE, Madvise.FREE);
    long clean = process.memory().tables().load(BASE);
    assertFalse(Pte.isDirty(clean) || Pte.isYoung(clean));
    long _ = device.read(BASE);
    assertTrue(Pte.isYoung(process.memory().tables().load(BASE)));
    assertFalse(Pte.isDirty(process.memory().tables().load(BASE)));
    device.write(BASE, 2);
    assertTrue(Pte.isDirty(process.memory().tables().load(BASE)));
  }

  @Test
  void aDeviceWriteSavesWhatWasFreedLazilyAgain() {
    device.write(BASE, 1);
    process.madvise(BASE, PAGE, Madvise.FREE);
    device.write(BASE, 2);
    process.madvise(BASE, PAGE, Madvise.PAGEOUT);
    assertEquals(2, process.read(BASE));
  }

  @Test
  void aDeviceRemembersTranslations() {
    device.write(BASE, 1);
    long before = device.hits();
    assertEquals(1, device.read(BASE));
    device.write(BASE, 2);
    assertEquals(before + 2, device.hits());
    long other = BASE + 64 * PAGE;
    device.write(other, 3);
    assertEquals(2, device.read(BASE));
    assertEquals(before + 2, device.hits());
  }

  @Test
  void zeroPagesAreReplacedByWrites() {
    assertEquals(0, mirror.read(BASE));
    assertEquals(0, device.read(BASE));
    mirror.write(BASE, 1);
    assertEquals(1, device.read(BASE));
    huge();
    assertEquals(0, device.read(BASE + HUGE));
    device.write(BASE + HUGE, 5);
    assertEquals(5, process.read(BASE + HUGE));
  }

  @Test
  void aMirrorReachesItsRangeOnly() {
    assertThrows(IllegalArgumentException.class, () -> mirror.read(BASE - 8));
    assertThrows(IllegalArgumentException.class, () -> mirror.write(BASE + HUGE, 1));
  }

  @Test
  void whoIsDetachedIsTakenOff() {
    device.write(BASE, 1);
    mirror.write(BASE, 2);
    device.close();
    mirror.close();
    process.madvise(BASE, HUGE, Madvise.DONTNEED);
    assertEquals(0, process.read(BASE));
    unusable(() -> device.read(BASE));
    unusable(() -> mirror.read(BASE));
    assertTrue(process.memory().notifiers().subscribers().isEmpty());
  }
}
