package dev.elephantfolio.engine.gup;

import static dev.elephantfolio.engine.gup.GupFixture.HUGE;
import static dev.elephantfolio.engine.gup.GupFixture.PAGE;
import static org.junit.jupiter.api.Assertions.assertEquals;

import dev.elephantfolio.engine.MemoryException;
import dev.elephantfolio.engine.Process;
import dev.elephantfolio.engine.mm.Madvise;
import dev.elephantfolio.engine.mm.Prot;
import dev.elephantfolio.engine.sync.Scheduler;
import dev.elephantfolio.engine.sync.Seeds;
import dev.elephantfolio.engine.sync.Task;
import dev.elephantfolio.engine.sync.ThreadModel;
import java.util.List;
import org.junit.jupiter.api.Test;

/**
 * A device that writes to pinned pages while other threads of the process fork, split, collapse,
 * protect and unmap beside it. Each of its words must be what the process reads afterwards.
 */
final class GupThreadsTest {
  private static final int STEP_PAGES = 3;

  /** One machine, and the threads of one process. */
  private static final class Threads {
    final GupFixture f = new GupFixture();
    final Process process = f.process;
    final long huge = f.mapHuge();
    final long goner = f.map(HUGE);
    final int rounds;

    Threads(int rounds) {
      this.rounds = rounds;
      process.madvise(huge, HUGE, Madvise.HUGEPAGE);
    }

    List<Task> tasks() {
      return List.of(
          new Task("device", this::write),
          new Task("forker", this::fork),
          new Task("splitter", this::split),
          new Task("collapser", this::collapse),
          new Task("unmapper", this::unmap),
          new Task("reader of what goes", this::readGoner));
    }

    /** While it holds the pages nobody may take them away from the process. */
    private void write() {
      for (int round = 1; round <= rounds; round++) {
        long at = huge + round * 7 % 500 * PAGE;
        boolean slow = round % 5 == 0;
        PinnedPages pages =
            slow
                ? process.pinSlow(at, STEP_PAGES * PAGE, GupFlags.WRITE)
                : process.pin(at, STEP_PAGES * PAGE, GupFlags.WRITE | GupFlags.LONGTERM);
        assertEquals(STEP_PAGES, pages.count());
        for (int page = 0; page < STEP_PAGES; page++) {
          pages.write(page * PAGE, round * 10L + page);
        }
        for (int page = 0; page < STEP_PAGES; page++) {
          assertEquals(round * 10L + page, process.read(at + page * PAGE));
          process.write(at + page * PAGE, round * 20L + page);
          assertEquals(round * 20L + page, pages.read(page * PAGE));
        }
        pages.unpinDirty();
      }
    }

    private void fork() {
      for (int round = 0; round < rounds / 4 + 1; round++) {
        Process child = process.fork("child");
        long word = child.read(huge);
        process.pin(huge, PAGE, 0).unpin();
        assertEquals(word, child.read(huge));
        child.exit();
      }
    }

    private void split() {
      for (int round = 0; round < rounds; round++) {
        f.machine.splitHugePages(process, huge, huge + HUGE, round % 2 == 0 ? 0 : 4);
        process.mprotect(huge + HUGE - PAGE, PAGE, Prot.READ);
        process.mprotect(huge + HUGE - PAGE, PAGE, GupFixture.RW);
      }
    }

    private void collapse() {
      for (int round = 0; round < rounds; round++) {
        try {
          process.madvise(huge, HUGE, Madvise.COLLAPSE);
        } catch (MemoryException busy) {
          // Another time.
        }
      }
    }

    private void unmap() {
      for (int round = 0; round < rounds; round++) {
        for (int page = 0; page < 4; page++) {
          process.write(goner + page * PAGE, goner + page);
        }
        process.madvise(goner, 4 * PAGE, Madvise.DONTNEED);
      }
    }

    /** Sees the words of that page or zeros, never what became of the frame later. */
    private void readGoner() {
      for (int round = 0; round < rounds * 2; round++) {
        PinnedPages pages = process.getPages(goner, 4 * PAGE, GupFlags.FAST_ONLY);
        for (int page = 0; page < pages.count(); page++) {
          long word = pages.read(page * PAGE);
          assertEquals(word == 0 ? 0 : goner + page, word);
        }
        pages.unpin();
      }
    }

    void finish() {
      f.finish();
    }
  }

  @Test
  void inEveryOrderThatTheSchedulerPicks() {
    long seed = Seeds.next("GupThreadsTest");
    for (int run = 0; run < 25; run++) {
      Threads threads = new Threads(3);
      ThreadModel.scheduled(Scheduler.random(seed + run)).run(threads.tasks());
      threads.finish();
    }
  }

  @Test
  void onRealThreads() {
    Threads threads = new Threads(300);
    ThreadModel.real().run(threads.tasks());
    threads.finish();
  }
}
