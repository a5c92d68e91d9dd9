package dev.elephantfolio.engine.mm;

import static dev.elephantfolio.engine.mm.MmFixture.BASE;
import static dev.elephantfolio.engine.mm.MmFixture.PAGE;
import static dev.elephantfolio.engine.mm.MmFixture.address;
import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertFalse;
import static org.junit.jupiter.api.Assertions.assertNull;

import dev.elephantfolio.engine.Errno;
import dev.elephantfolio.engine.MemoryException;
import dev.elephantfolio.engine.sync.Seeds;
import java.util.Arrays;
import java.util.Random;
import org.jspecify.annotations.Nullable;
import org.junit.jupiter.api.Test;

/**
 * Random calls against a model that knows pages only: what each page's area must allow, what is
 * locked, what is charged. Areas must also be as large as the rules allow. Nothing is touched
 * (locking is on fault), so that a charge follows from what a page allows.
 */
class RandomCallsTest {
  private static final int PAGES = 64;
  private static final int PROGRAMS = 150;
  private static final int CALLS = 200;
  private static final int FIXED = MapFlags.PRIVATE | MapFlags.ANONYMOUS | MapFlags.FIXED;

  /** Of an unmapped page. */
  private static final long HOLE = -1;

  private static final long MAY = VmFlags.MAYREAD | VmFlags.MAYWRITE | VmFlags.MAYEXEC;

  private final long[] model = new long[PAGES];
  private MmFixture fixture = new MmFixture();
  private long heapEnd;

  @Test
  void agreesWithAModelOfPages() {
    long first = Seeds.next("RandomCallsTest");
    for (long seed = first; seed < first + PROGRAMS; seed++) {
      run(seed);
    }
  }

  private void run(long seed) {
    fixture = new MmFixture();
    Arrays.fill(model, HOLE);
    heapEnd = fixture.mm.brk();
    Random random = new Random(seed);
    for (int call = 0; call < CALLS; call++) {
      step(random);
      compare("-Defolio.seed=" + seed + " call " + call);
    }
  }

  private void step(Random random) {
    int from = random.nextInt(PAGES);
    int to = Math.min(PAGES, from + 1 + random.nextInt(8));
    int prot = random.nextInt(4) | (random.nextInt(4) == 0 ? Prot.EXEC : 0);
    switch (random.nextInt(10)) {
      case 0, 1, 2 -> map(from, to, prot, random.nextInt(5) == 0);
      case 3, 4 -> unmap(from, to);
      case 5, 6, 7 -> protect(from, to, prot);
      case 8 -> lock(from, to, random.nextBoolean());
      default -> moveHeap(random.nextInt(40) * PAGE / 2);
    }
  }

  private void map(int from, int to, int prot, boolean unreserved) {
    int flags = unreserved ? FIXED | MapFlags.NORESERVE : FIXED;
    fixture.mmap.map(fixture.mm, address(from), (to - from) * PAGE, prot, flags);
    long kept = MAY | (unreserved ? VmFlags.NORESERVE : 0);
    for (int page = from; page < to; page++) {
      model[page] = charged(kept | VmFlags.ofProt(prot));
    }
  }

  private void unmap(int from, int to) {
    fixture.munmap.unmap(fixture.mm, address(from), (to - from) * PAGE);
    Arrays.fill(model, from, to, HOLE);
  }

  private void protect(int from, int to, int prot) {
    @Nullable Errno errno =
        errnoOf(
            () -> fixture.mprotect.protect(fixture.mm, address(from), (to - from) * PAGE, prot));
    int end = firstHole(from, to);
    assertEquals(end == to ? null : Errno.ENOMEM, errno);
    for (int page = from; page < end; page++) {
      long old = model[page] & ~(VmFlags.ACCESS | VmFlags.ACCOUNT);
      model[page] = charged(old | VmFlags.ofProt(prot));
    }
  }

  private void lock(int from, int to, boolean locks) {
    long start = address(from);
    long length = (to - from) * PAGE;
    @Nullable Errno errno =
        errnoOf(() -> {
          if (locks) {
            fixture.mlock.mlock2(fixture.mm, start, length, MlockCalls.MLOCK_ONFAULT);
          } else {
            fixture.mlock.munlock(fixture.mm, start, length);
          }
        });
    int end = firstHole(from, to);
    assertEquals(end == to ? null : Errno.ENOMEM, errno);
    for (int page = from; page < end; page++) {
      model[page] = (model[page] & ~VmFlags.LOCKED_MASK) | (locks ? VmFlags.LOCKED_MASK : 0);
    }
  }

  private void moveHeap(long bytes) {
    heapEnd = fixture.mm.layout().startBrk() + bytes;
    assertEquals(heapEnd, fixture.brk.brk(fixture.mm, heapEnd));
  }

  private static long charged(long flags) {
    boolean charge = VmFlags.has(flags, VmFlags.WRITE) && !VmFlags.has(flags, VmFlags.NORESERVE);
    return charge ? flags | VmFlags.ACCOUNT : flags;
  }

  private int firstHole(int from, int to) {
    int page = from;
    while (page < to && model[page] != HOLE) {
      page++;
    }
    return page;
  }

  private static @Nullable Errno errnoOf(Runnable call) {
    try {
      call.run();
      return null;
    } catch (MemoryException refused) {
      return refused.errno();
    }
  }

  private void compare(String where) {
    long heapPages = Addresses.pages(Addresses.pageCeil(heapEnd - fixture.mm.layout().startBrk()));
    long total = heapPages;
    long accounted = heapPages;
    long locked = 0;
    for (int page = 0; page < PAGES; page++) {
      Vma vma = fixture.mm.vmas().at(address(page));
      if (model[page] == HOLE) {
        assertNull(vma, where + " page " + page);
        continue;
      }
      assertEquals(model[page], vma == null ? HOLE : vma.flags(), where + " page " + page);
      total++;
      accounted += VmFlags.has(model[page], VmFlags.ACCOUNT) ? 1 : 0;
      locked += VmFlags.has(model[page], VmFlags.LOCKED) ? 1 : 0;
    }
    assertEquals(total, fixture.mm.totalVmPages(), where);
    assertEquals(accounted, fixture.committed.pages(), where);
    assertEquals(locked, fixture.mm.lockedVmPages(), where);
    requireMerged(where);
    fixture.check();
  }

  /** Two neighbours that are alike in all things would have merged. */
  private void requireMerged(String where) {
    Vma previous = null;
    for (Vma vma = fixture.mm.vmas().find(BASE); vma != null; vma = fixture.mm.vmas().next(vma)) {
      boolean alike =
          previous != null
              && previous.end() == vma.start()
              && previous.flags() == vma.flags()
              && previous.anonVma() == vma.anonVma();
      assertFalse(alike, where + ": not merged: " + previous + " and " + vma);
      previous = vma;
    }
  }
}
