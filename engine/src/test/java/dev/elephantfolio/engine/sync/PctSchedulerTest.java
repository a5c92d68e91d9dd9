package dev.elephantfolio.engine.sync;

import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertThrows;
import static org.junit.jupiter.api.Assertions.assertTrue;

import java.util.List;
import org.junit.jupiter.api.Test;

class PctSchedulerTest {
  private static final int POINTS = 60;

  /** One task makes a window, the other must hit it: a bug of depth 2 among many points. */
  private static boolean hits(Scheduler scheduler) {
    boolean[] open = new boolean[1];
    boolean[] hit = new boolean[1];
    Task opens =
        new Task(
            "opens",
            () -> {
              pass(POINTS / 4);
              open[0] = true;
              pass(1);
              open[0] = false;
              pass(POINTS / 4);
            });
    Task looks =
        new Task(
            "looks",
            () -> {
              pass(POINTS / 2);
              hit[0] = open[0];
            });
    ThreadModel.scheduled(scheduler).run(List.of(opens, looks));
    return hit[0];
  }

  private static void pass(int points) {
    for (int point = 0; point < points; point++) {
      SyncPoints.reach(SyncPoint.OTHER);
    }
  }

  @Test
  void aBugOfDepthTwoIsMetAsOftenAsPromised() {
    long seed = Seeds.next("aBugOfDepthTwoIsMetAsOftenAsPromised");
    int runs = 6_000;
    int hits = 0;
    for (int run = 0; run < runs; run++) {
      hits += hits(Scheduler.pct(seed + run, 1, POINTS + 1)) ? 1 : 0;
    }
    // Once in 2 * 61 runs, that is 49 times, is the least; a third of that would be no accident.
    assertTrue(hits > 16, hits + " of " + runs);
  }

  @Test
  void withoutChangesTasksGoOneAfterTheOther() {
    for (int seed = 0; seed < 50; seed++) {
      assertTrue(!hits(Scheduler.pct(seed, 0, POINTS)));
    }
  }

  @Test
  void oneSeedIsOneSchedule() {
    Task task = new Task("task", () -> pass(20));
    for (int seed = 0; seed < 20; seed++) {
      Scheduler scheduler = Scheduler.pct(seed, 3, 60);
      RunSummary first = ThreadModel.scheduled(scheduler).run(List.of(task, task, task));
      assertEquals(first, ThreadModel.scheduled(scheduler).run(List.of(task, task, task)));
      assertEquals("pct seed " + seed + ", 3 changes", scheduler.describe());
    }
  }

  @Test
  void nonsenseIsRefused() {
    assertThrows(IllegalArgumentException.class, () -> Scheduler.pct(1, -1, 10));
    assertThrows(IllegalArgumentException.class, () -> Scheduler.pct(1, 1, 0));
  }
}
