package dev.elephantfolio.engine.thp;

import static dev.elephantfolio.engine.thp.ThpFixture.HUGE;
import static dev.elephantfolio.engine.thp.ThpFixture.PAGE;
import static dev.elephantfolio.engine.thp.ThpFixture.PAGES;
import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertTrue;

import dev.elephantfolio.engine.Process;
import dev.elephantfolio.engine.mm.Madvise;
import dev.elephantfolio.engine.sync.Scheduler;
import dev.elephantfolio.engine.sync.Seeds;
import dev.elephantfolio.engine.sync.Task;
import dev.elephantfolio.engine.sync.ThreadModel;
import java.util.ArrayList;
import java.util.List;
import java.util.Random;
import org.junit.jupiter.api.Test;

/**
 * Collapses, splits, faults, forks and unmappings of one place at the same time: every word that
 * was written is still there, and every count is right.
 */
class CollapseRaceTest {
  private static final int PLACES = 2;

  /** One machine, and what its threads do to the same {@value #PLACES} places. */
  private static final class Race {
    final ThpFixture f = new ThpFixture(128 << 20);
    final long p = f.map(PLACES);
    final long seed;
    final int rounds;
    final int pages;

    /** The last word that the writer wrote to each of its pages. */
    final long[] written;

    volatile boolean writing = true;

    /**
     * @param pages how many pages of each place the writer uses
     */
    Race(long seed, int rounds, int pages) {
      this.seed = seed;
      this.rounds = rounds;
      this.pages = pages;
      this.written = new long[PLACES * pages];
      f.process.madvise(p, PLACES * HUGE, Madvise.HUGEPAGE);
      f.set("khugepaged/max_ptes_shared", PAGES - 1);
      // Puts the process on khugepaged's list.
      ThpFixture.faultHuge(f.process, p);
      f.process.madvise(p, PAGE, Madvise.DONTNEED);
    }

    List<Task> tasks() {
      List<Task> tasks = new ArrayList<>();
      tasks.add(new Task("writer", this::write));
      tasks.add(new Task("forker", this::fork));
      tasks.add(new Task("khugepaged", this::scan));
      if (seed % 2 == 0) {
        // It is quicker than khugepaged, which else has nothing to do.
        tasks.add(new Task("madvise", () -> repeat(this::collapse)));
      }
      tasks.add(new Task("splitter", () -> repeat(this::split)));
      tasks.add(
          new Task("shrinker", () -> repeat(() -> f.machine.deferredSplitShrinker().scan(9))));
      return tasks;
    }

    private void repeat(Runnable step) {
      for (int i = 0; i < rounds; i++) {
        step.run();
      }
    }

    /** The address of one of the writer's pages: spread over the place, not its first or last. */
    private long address(int index) {
      int place = index / pages;
      int page = index % pages * (PAGES / pages) + 1;
      return p + place * HUGE + page * PAGE;
    }

    /** A scan that finds mmap_lock taken is soon over, so it goes on as long as the writer. */
    private void scan() {
      do {
        var _ = f.machine.khugepaged().fullScans(1);
      } while (writing);
    }

    private void write() {
      try {
        writeAndRead();
      } finally {
        writing = false;
      }
    }

    private void writeAndRead() {
      Random random = new Random(seed);
      for (int i = 0; i < rounds * 8; i++) {
        int index = random.nextInt(written.length);
        long address = address(index);
        switch (random.nextInt(8)) {
          case 0 -> {
            f.process.madvise(address, PAGE, Madvise.DONTNEED);
            written[index] = 0;
            ThpFixture.splitMapping(f.process, p + HUGE - PAGE);
          }
          case 1, 2, 3 -> {
            written[index] = random.nextLong();
            f.process.write(address, written[index]);
          }
          default -> assertEquals(written[index], f.process.read(address));
        }
      }
    }

    /** Children see what their parent had, whatever becomes of either's pages. */
    private void fork() {
      Random random = new Random(seed + 1);
      for (int i = 0; i < rounds; i++) {
        Process child = f.process.fork("child");
        long address = address(random.nextInt(written.length));
        long word = child.read(address);
        ThpFixture.advise(child, p, HUGE, Madvise.COLLAPSE);
        assertEquals(word, child.read(address));
        child.write(address, i);
        assertEquals(i, child.read(address));
        child.exit();
      }
    }

    private void collapse() {
      var _ = ThpFixture.advise(f.process, p, PLACES * HUGE, Madvise.COLLAPSE);
      // What was collapsed is split again, so that there is something to collapse.
      f.process.madvise(p + HUGE - PAGE, 2 * PAGE, Madvise.DONTNEED);
    }

    private void split() {
      f.machine.splitHugePages(f.process, p, p + PLACES * HUGE, 0);
    }

    void check() {
      assertTrue(f.machine.khugepaged().counts().fullScans() > 0);
      for (int i = 0; i < written.length; i++) {
        assertEquals(written[i], f.process.read(address(i)), "page " + i);
      }
      f.finish();
    }
  }

  @Test
  void inEveryOrderThatTheSchedulerPicks() {
    long seed = Seeds.next("CollapseRaceTest");
    for (int run = 0; run < 12; run++) {
      Race race = new Race(seed + run, 2, 4);
      ThreadModel.scheduled(Scheduler.random(seed + run)).run(race.tasks());
      race.check();
    }
  }

  @Test
  void onRealThreads() {
    long seed = Seeds.next("CollapseRaceTest");
    for (int run = 0; run < 2; run++) {
      Race race = new Race(seed + run, 60, 32);
      ThreadModel.real().run(race.tasks());
      race.check();
    }
  }
}
