package dev.elephantfolio.engine.secondary;

import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertTrue;

import dev.elephantfolio.engine.Machine;
import dev.elephantfolio.engine.MemoryException;
import dev.elephantfolio.engine.Process;
import dev.elephantfolio.engine.invariant.Invariants;
import dev.elephantfolio.engine.mm.Madvise;
import dev.elephantfolio.engine.mm.MapFlags;
import dev.elephantfolio.engine.mm.Prot;
import dev.elephantfolio.engine.sync.Seeds;
import java.util.ArrayList;
import java.util.List;
import java.util.SplittableRandom;
import java.util.concurrent.ExecutorService;
import java.util.concurrent.Executors;
import java.util.concurrent.Future;
import java.util.concurrent.TimeUnit;
import org.junit.jupiter.api.Test;

/**
 * Four real threads for a few seconds: two that write to a process's memory, through a guest, a
 * mirror, a device and the process itself in turn, each to pages of its own; two that split,
 * collapse, fork, protect, page out, and unmap what lies beside. Every word is found again by every
 * way. {@code -Defolio.stressSeconds=N} says how long.
 */
class GuestStressTest {
  private static final long BASE = 0x1000_0000_0000L;
  private static final long PAGE = 4096;
  private static final long HUGE = 512 * PAGE;

  /** Memory that keeps its contents; behind it, as much that loses them. */
  private static final int BLOCKS = 3;

  private static final long LOST = BASE + BLOCKS * HUGE;
  private static final int PAGES = BLOCKS * 512;
  private static final int WRITERS = 2;
  private static final int RW = Prot.READ | Prot.WRITE;
  private static final int FIXED = MapFlags.FIXED | MapFlags.PRIVATE | MapFlags.ANONYMOUS;
  private static final long NANOS =
      TimeUnit.SECONDS.toNanos(Long.getLong("efolio.stressSeconds", 3));

  private final Machine machine = Machine.builder().memoryBytes(128L << 20).cpus(4).build();
  private final Process process = machine.spawn("shared");
  private final long[] words = new long[PAGES];

  /** One way to the process's memory. */
  private interface Way {
    long read(long address);

    void write(long address, long word);
  }

  private record Ways(SecondaryMmu guest, PageMirror mirror, SharedTableDevice device) {
    Way way(Process process, int number) {
      return switch (number) {
        case 0, 1 -> of(guest::read, guest::write);
        case 2 -> of(mirror::read, mirror::write);
        case 3 -> of(device::read, device::write);
        default -> of(process::read, process::write);
      };
    }

    private interface Read {
      long read(long address);
    }

    private interface Write {
      void write(long address, long word);
    }

    private static Way of(Read read, Write write) {
      return new Way() {
        @Override
        public long read(long address) {
          return read.read(address);
        }

        @Override
        public void write(long address, long word) {
          write.write(address, word);
        }
      };
    }
  }

  @Test
  void everyWordIsFoundByEveryWay() throws Exception {
    long seed = Seeds.next("GuestStressTest");
    machine.set("transparent_hugepage/enabled", "always");
    machine.set("transparent_hugepage/hugepages-64kB/enabled", "always");
    long _ = process.mmap(BASE, 2 * BLOCKS * HUGE, RW, FIXED);
    Ways ways =
        new Ways(
            SecondaryMmu.attach(process),
            PageMirror.attach(process, BASE, 2 * BLOCKS * HUGE),
            SharedTableDevice.attach(process));
    long end = System.nanoTime() + NANOS;
    ExecutorService pool = Executors.newFixedThreadPool(4);
    List<Future<?>> runs = new ArrayList<>();
    for (int writer = 0; writer < WRITERS; writer++) {
      int number = writer;
      runs.add(pool.submit(() -> write(ways, number, new SplittableRandom(seed + number), end)));
      runs.add(pool.submit(() -> disturb(new SplittableRandom(seed - 1 - number), end)));
    }
    for (Future<?> run : runs) {
      run.get(2, TimeUnit.MINUTES);
    }
    pool.shutdown();
    assertTrue(pool.awaitTermination(10, TimeUnit.SECONDS));
    finish(ways);
  }

  private void finish(Ways ways) {
    Invariants.check(machine);
    for (int way = 1; way < 5; way++) {
      for (int page = 0; page < PAGES; page++) {
        assertEquals(words[page], ways.way(process, way).read(BASE + page * PAGE));
      }
    }
    Invariants.check(machine);
    SecondaryMmuStats stats = ways.guest().stats();
    System.out.println(stats + ", mirror retries " + ways.mirror().retries());
    assertTrue(stats.hugeFaults() > 0 && stats.smallFaults() > 0 && stats.invalidations() > 0);
    process.exit();
    ways.guest().close();
    ways.mirror().close();
    ways.device().close();
    Invariants.check(machine);
  }

  /** Writes and reads back by ways of chance; of each page's words only one thread knows. */
  private void write(Ways ways, int writer, SplittableRandom random, long end) {
    while (System.nanoTime() < end) {
      int page = random.nextInt(PAGES / WRITERS) * WRITERS + writer;
      long address = BASE + page * PAGE;
      long found = ways.way(process, random.nextInt(5)).read(address);
      if (found != words[page]) {
        throw new AssertionError(
            "page %d: %x was written, %x is found".formatted(page, words[page], found));
      }
      long word = random.nextLong();
      ways.way(process, random.nextInt(5)).write(address, word);
      words[page] = word;
      touchLost(ways, random);
    }
  }

  /** What is there may be gone or forbidden; what matters is that no other memory is touched. */
  private void touchLost(Ways ways, SplittableRandom random) {
    long address = LOST + random.nextInt(PAGES) * PAGE;
    try {
      ways.way(process, random.nextInt(5)).write(address, random.nextLong());
    } catch (MemoryException _) {
      // Not mapped just now.
    }
  }

  private void disturb(SplittableRandom random, long end) {
    while (System.nanoTime() < end) {
      long kept = BASE + random.nextInt(BLOCKS) * HUGE;
      long lost = LOST + random.nextInt(PAGES) * PAGE;
      long length = PAGE * (1 + random.nextInt(600));
      try {
        call(random.nextInt(12), kept, lost, length);
      } catch (MemoryException _) {
        // Busy, or nothing there: as it may be.
      }
    }
  }

  private void call(int kind, long kept, long lost, long length) {
    switch (kind) {
      case 0, 1 -> process.madvise(kept, HUGE, Madvise.COLLAPSE);
      case 2, 3 -> machine.splitHugePages(process, kept, kept + PAGE, 0);
      case 4 -> process.madvise(kept + PAGE, 3 * PAGE, Madvise.PAGEOUT);
      case 5 -> process.fork("child").exit();
      case 6 -> process.madvise(kept, HUGE, Madvise.COLD);
      case 7 -> process.madvise(lost, length, Madvise.DONTNEED);
      case 8 -> process.munmap(lost, length);
      case 9 -> process.mprotect(lost, length, Prot.READ);
      case 10 -> process.madvise(lost, length, Madvise.FREE);
      default -> {
        long _ = process.mmap(LOST, BLOCKS * HUGE, RW, FIXED);
      }
    }
  }
}
