package dev.elephantfolio.engine.mm;

import static dev.elephantfolio.engine.mm.RangeFixture.HUGE;
import static dev.elephantfolio.engine.mm.RangeFixture.READ_WRITE;
import static dev.elephantfolio.engine.mm.RangeFixture.page;
import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertTrue;

import dev.elephantfolio.engine.Machine;
import dev.elephantfolio.engine.MemoryException;
import dev.elephantfolio.engine.Process;
import dev.elephantfolio.engine.invariant.Invariants;
import dev.elephantfolio.engine.sync.Scheduler;
import dev.elephantfolio.engine.sync.Seeds;
import dev.elephantfolio.engine.sync.Task;
import dev.elephantfolio.engine.sync.ThreadModel;
import java.util.ArrayList;
import java.util.List;
import org.junit.jupiter.api.Test;

/**
 * Forks while another thread of the parent writes, and others split and collapse its huge page.
 *
 * <p>The writer goes over its pages in ascending order, again and again, with the number of the
 * round. Fork protects pages in the same order; so the child sees one or two rounds, the later one
 * at the lower addresses, and afterwards always the same.
 */
final class ForkRaceTest {
  private static final int HUGE_WORDS = 8;
  private static final int SMALL_WORDS = 12;
  private static final int WORDS = HUGE_WORDS + SMALL_WORDS;

  private static final class Race {
    final Machine machine =
        Machine.builder()
            .memoryBytes(128L << 20)
            .cpus(2)
            .set("transparent_hugepage/enabled", "madvise")
            .build();
    final Process parent = machine.spawn("parent");
    final int rounds;

    Race(int rounds) {
      this.rounds = rounds;
      parent.mmap(
          page(0), 2 * HUGE, READ_WRITE, MapFlags.PRIVATE | MapFlags.ANONYMOUS | MapFlags.FIXED);
      parent.madvise(page(0), HUGE, Madvise.HUGEPAGE);
    }

    List<Task> tasks() {
      List<Task> tasks = new ArrayList<>();
      tasks.add(new Task("writer", this::write));
      tasks.add(new Task("forker", this::fork));
      tasks.add(new Task("splitter", this::split));
      tasks.add(new Task("collapser", this::collapse));
      return tasks;
    }

    private static long address(int word) {
      return word < HUGE_WORDS
          ? page(word * (512L / HUGE_WORDS))
          : page(512 + 7L * (word - HUGE_WORDS));
    }

    private void write() {
      for (int round = 1; round <= 4 * rounds; round++) {
        for (int word = 0; word < WORDS; word++) {
          parent.write(address(word), round);
        }
      }
    }

    private void fork() {
      for (int i = 0; i < rounds; i++) {
        Process child = parent.fork("child");
        long[] seen = new long[WORDS];
        for (int word = 0; word < WORDS; word++) {
          seen[word] = child.read(address(word));
          assertTrue(word == 0 || seen[word] <= seen[word - 1], "a later word is not newer");
          assertTrue(seen[0] - seen[word] <= 1, "no more than two rounds");
        }
        child.write(address(0), -1);
        for (int word = 1; word < WORDS; word++) {
          assertEquals(seen[word], child.read(address(word)), "the child's memory is its own");
        }
        child.exit();
      }
    }

    private void split() {
      for (int i = 0; i < rounds; i++) {
        machine.splitHugePages(parent, page(0), page(512), 0);
      }
    }

    private void collapse() {
      for (int i = 0; i < rounds; i++) {
        try {
          parent.madvise(page(0), HUGE, Madvise.COLLAPSE);
        } catch (MemoryException busy) {
          // Another time.
        }
      }
    }

    void finish() {
      for (int word = 0; word < WORDS; word++) {
        assertEquals(4L * rounds, parent.read(address(word)));
      }
      Invariants.check(machine);
      parent.exit();
      Invariants.check(machine);
    }
  }

  @Test
  void inEveryOrderThatTheSchedulerPicks() {
    long seed = Seeds.next("ForkRaceTest");
    for (int run = 0; run < 20; run++) {
      Race race = new Race(2);
      ThreadModel.scheduled(Scheduler.random(seed + run)).run(race.tasks());
      race.finish();
    }
  }

  @Test
  void onRealThreads() {
    Race race = new Race(150);
    ThreadModel.real().run(race.tasks());
    race.finish();
  }
}
