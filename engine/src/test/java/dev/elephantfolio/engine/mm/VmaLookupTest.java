package dev.elephantfolio.engine.mm;

import static dev.elephantfolio.engine.mm.MmFixture.PAGE;
import static dev.elephantfolio.engine.mm.MmFixture.address;
import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertFalse;
import static org.junit.jupiter.api.Assertions.assertNotNull;
import static org.junit.jupiter.api.Assertions.assertNull;
import static org.junit.jupiter.api.Assertions.assertSame;
import static org.junit.jupiter.api.Assertions.assertTrue;

import dev.elephantfolio.engine.Errno;
import dev.elephantfolio.engine.MemoryException;
import dev.elephantfolio.engine.sync.Scheduler;
import dev.elephantfolio.engine.sync.Seeds;
import dev.elephantfolio.engine.sync.SyncPoint;
import dev.elephantfolio.engine.sync.SyncPoints;
import dev.elephantfolio.engine.sync.Task;
import dev.elephantfolio.engine.sync.ThreadModel;
import java.util.ArrayList;
import java.util.List;
import java.util.Random;
import java.util.concurrent.atomic.AtomicInteger;
import org.junit.jupiter.api.Test;

/** Areas found and locked by faults while others change them. */
class VmaLookupTest {
  private static final int ARENA_PAGES = 24;
  private static final int READ_WRITE = Prot.READ | Prot.WRITE;

  private MmFixture fixture = new MmFixture();

  @Test
  void aFaultNeedsNoMmapLock() {
    fixture.draw("AA");
    fixture.mm.mmapWriteLock();
    Vma vma = VmaLookup.lockWithoutMmapLock(fixture.mm, address(1));
    assertSame(fixture.areaAt(0), vma);
    assertNotNull(vma);
    vma.readUnlock();
    assertNull(VmaLookup.lockWithoutMmapLock(fixture.mm, address(2)));
    fixture.mm.mmapWriteUnlock();
  }

  @Test
  void aWriterShutsFaultsOutUntilItLetsGoOfMmapLock() {
    fixture.draw("AABB");
    Vma vma = fixture.areaAt(0);
    fixture.mm.mmapWriteLock();
    vma.writeLock();
    vma.writeLock();
    assertFalse(vma.tryReadLock());
    assertNull(VmaLookup.lockWithoutMmapLock(fixture.mm, address(0)));
    assertTrue(fixture.areaAt(2).tryReadLock(), "other areas are not shut");
    fixture.areaAt(2).readUnlock();
    fixture.mm.mmapWriteDowngrade();
    assertTrue(vma.tryReadLock());
    vma.readUnlock();
    vma.readLock();
    fixture.mm.mmapReadUnlock();
    vma.readUnlock();
  }

  @Test
  void anAreaThatIsGoneIsNotFound() {
    fixture.draw("AA");
    Vma vma = fixture.areaAt(0);
    fixture.munmap.unmap(fixture.mm, address(0), 2 * PAGE);
    assertFalse(vma.tryReadLock());
    assertNull(VmaLookup.lockWithoutMmapLock(fixture.mm, address(0)));
    assertNull(fixture.lookup.lockMmAndFind(fixture.mm, address(0)));
  }

  // While others change them.

  @Test
  void lockedAreasStandStillOnRealThreads() {
    long seed = Seeds.next("lockedAreasStandStillOnRealThreads");
    race(ThreadModel.real(), seed, 20_000);
  }

  @Test
  void lockedAreasStandStillInEverySchedule() {
    long seed = Seeds.next("lockedAreasStandStillInEverySchedule");
    for (long run = seed; run < seed + 300; run++) {
      race(ThreadModel.scheduled(Scheduler.random(run)), run, 25);
    }
  }

  private void race(ThreadModel model, long seed, int steps) {
    fixture = new MmFixture();
    AtomicInteger faults = new AtomicInteger();
    List<Task> tasks = new ArrayList<>();
    for (int i = 0; i < 2; i++) {
      Random random = new Random(seed * 31 + i);
      tasks.add(new Task("changes" + i, () -> change(random, steps)));
    }
    for (int i = 0; i < 2; i++) {
      Random random = new Random(seed * 37 + i);
      tasks.add(new Task("faults" + i, () -> faults.addAndGet(fault(random, steps))));
    }
    model.run(tasks);
    fixture.check();
    assertTrue(faults.get() <= 2 * steps);
    fixture.munmap.unmap(fixture.mm, address(0), ARENA_PAGES * PAGE);
    assertEquals(0, fixture.mm.vmas().size());
    assertEquals(0, fixture.committed.pages());
  }

  private void change(Random random, int steps) {
    for (int step = 0; step < steps; step++) {
      long start = address(random.nextInt(ARENA_PAGES - 6));
      long length = (1 + random.nextInt(6)) * PAGE;
      switch (random.nextInt(4)) {
        case 0 -> fixture.munmap.unmap(fixture.mm, start, length);
        case 1 -> protect(start, length, random.nextBoolean() ? Prot.READ : READ_WRITE);
        default ->
            fixture.mmap.map(
                fixture.mm,
                start,
                length,
                READ_WRITE,
                MapFlags.PRIVATE | MapFlags.ANONYMOUS | MapFlags.FIXED);
      }
      fixture.ranges.forget();
    }
  }

  private void protect(long start, long length, int prot) {
    try {
      fixture.mprotect.protect(fixture.mm, start, length, prot);
    } catch (MemoryException hole) {
      assertEquals(Errno.ENOMEM, hole.errno());
    }
  }

  /** Faults as the fault handler does; how many found an area. */
  private int fault(Random random, int steps) {
    int found = 0;
    for (int step = 0; step < steps; step++) {
      long address = address(random.nextInt(ARENA_PAGES)) + random.nextInt(4096);
      found += faultAt(address) ? 1 : 0;
    }
    return found;
  }

  private boolean faultAt(long address) {
    Vma vma = VmaLookup.lockWithoutMmapLock(fixture.mm, address);
    if (vma != null) {
      requireStill(vma, address);
      vma.readUnlock();
      return true;
    }
    Vma slow = fixture.lookup.lockMmAndFind(fixture.mm, address);
    if (slow == null) {
      return false;
    }
    fixture.anonVmas.prepare(slow);
    requireStill(slow, address);
    fixture.mm.mmapReadUnlock();
    return true;
  }

  private static void requireStill(Vma vma, long address) {
    long start = vma.start();
    long end = vma.end();
    long flags = vma.flags();
    long offset = vma.pageOffset();
    for (int look = 0; look < 3; look++) {
      SyncPoints.reach(SyncPoint.OTHER);
      boolean same =
          vma.start() == start
              && vma.end() == end
              && vma.flags() == flags
              && vma.pageOffset() == offset;
      assertTrue(same && vma.contains(address) && !vma.isDetached(), vma::toString);
    }
  }
}
