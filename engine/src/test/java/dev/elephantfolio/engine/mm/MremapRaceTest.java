package dev.elephantfolio.engine.mm;

import static dev.elephantfolio.engine.mm.RangeFixture.HUGE;
import static dev.elephantfolio.engine.mm.RangeFixture.PAGE;
import static dev.elephantfolio.engine.mm.RangeFixture.READ_WRITE;
import static dev.elephantfolio.engine.mm.RangeFixture.page;
import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertTrue;

import dev.elephantfolio.engine.Errno;
import dev.elephantfolio.engine.Machine;
import dev.elephantfolio.engine.MemoryException;
import dev.elephantfolio.engine.Process;
import dev.elephantfolio.engine.invariant.Invariants;
import dev.elephantfolio.engine.stat.VmEvent;
import dev.elephantfolio.engine.sync.Scheduler;
import dev.elephantfolio.engine.sync.Seeds;
import dev.elephantfolio.engine.sync.Task;
import dev.elephantfolio.engine.sync.ThreadModel;
import java.util.ArrayList;
import java.util.List;
import org.junit.jupiter.api.Test;

/**
 * Moves memory about while another thread reads it, wherever it is, and children that share its
 * folios have them split: every walk of the reverse map must find the moved entries at one of the
 * two places. What was split is collapsed again.
 */
final class MremapRaceTest {
  private static final int FLAGS = MremapCall.MAYMOVE | MremapCall.FIXED;
  private static final int WORDS = 24;
  private static final long BYTES = HUGE + WORDS * PAGE;

  /** Where the memory goes, in turn: aligned, a page off, under another table. */
  private static final long[] PLACES = {
    page(0), page(4096), page(8193), page(1L << 18), page((1L << 27) + 5)
  };

  private static final class Race {
    final Machine machine =
        Machine.builder()
            .memoryBytes(128L << 20)
            .cpus(2)
            .set("transparent_hugepage/enabled", "madvise")
            .build();
    final Process mover = machine.spawn("mover");
    final int rounds;

    /** Where the memory is; the mover's. */
    int place;

    volatile boolean done;

    Race(int rounds) {
      this.rounds = rounds;
      mover.mmap(
          PLACES[0], BYTES, READ_WRITE, MapFlags.PRIVATE | MapFlags.ANONYMOUS | MapFlags.FIXED);
      mover.madvise(PLACES[0], BYTES, Madvise.HUGEPAGE);
      for (int word = 0; word < WORDS; word++) {
        mover.write(PLACES[0] + offset(word), word + 1);
      }
    }

    /** Half of the words lie in the huge page, half in small ones behind it. */
    private static long offset(int word) {
      return word % 2 == 0 ? word * (HUGE / WORDS / PAGE) * PAGE : HUGE + word * PAGE;
    }

    List<Task> tasks() {
      List<Task> tasks = new ArrayList<>();
      tasks.add(new Task("mover", this::move));
      tasks.add(new Task("reader", this::read));
      tasks.add(new Task("splitter", this::split));
      return tasks;
    }

    private void move() {
      int word = 0;
      while (!done) {
        long from = PLACES[place];
        long to = PLACES[(place + 1) % PLACES.length];
        assertEquals(to, mover.mremap(from, BYTES, BYTES, FLAGS, to));
        place = (place + 1) % PLACES.length;
        assertEquals(word + 1, mover.read(to + offset(word)));
        mover.write(to + offset(word), word + 1);
        word = (word + 1) % WORDS;
      }
    }

    private void read() {
      int word = 0;
      while (!done) {
        try {
          assertEquals(word + 1, mover.read(PLACES[word % PLACES.length] + offset(word)));
        } catch (MemoryException elsewhere) {
          assertEquals(Errno.EFAULT, elsewhere.errno());
        }
        word = (word + 1) % WORDS;
      }
    }

    private void split() {
      try {
        for (int i = 0; i < rounds; i++) {
          collapse();
          Process child = mover.fork("child");
          for (long at : PLACES) {
            machine.splitHugePages(child, at, at + BYTES, 0);
          }
          child.exit();
        }
      } finally {
        done = true;
      }
    }

    private void collapse() {
      for (long at : PLACES) {
        try {
          mover.madvise(at, BYTES, Madvise.COLLAPSE);
        } catch (MemoryException elsewhere) {
          assertTrue(elsewhere.signal().isEmpty());
        }
      }
    }

    void finish() {
      Invariants.check(machine);
      assertTrue(machine.kernel().events().get(VmEvent.THP_SPLIT_PAGE) > 0);
      for (int word = 0; word < WORDS; word++) {
        assertEquals(word + 1, mover.read(PLACES[place] + offset(word)));
      }
      mover.exit();
      Invariants.check(machine);
    }
  }

  @Test
  void inEveryOrderThatTheSchedulerPicks() {
    long seed = Seeds.next("MremapRaceTest");
    for (int run = 0; run < 12; run++) {
      Race race = new Race(4);
      ThreadModel.scheduled(Scheduler.random(seed + run)).run(race.tasks());
      race.finish();
    }
  }

  @Test
  void onRealThreads() {
    Race race = new Race(300);
    ThreadModel.real().run(race.tasks());
    race.finish();
  }
}
