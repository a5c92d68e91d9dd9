package dev.elephantfolio.engine.sync;

import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertFalse;
import static org.junit.jupiter.api.Assertions.assertNotEquals;
import static org.junit.jupiter.api.Assertions.assertThrows;
import static org.junit.jupiter.api.Assertions.assertTrue;

import java.util.ArrayList;
import java.util.HashSet;
import java.util.List;
import java.util.Set;
import java.util.TreeSet;
import java.util.function.Supplier;
import org.jspecify.annotations.Nullable;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.Test;

class ExplorationTest {
  private static final long ENOUGH = 1_000_000;

  @AfterEach
  void syncPointsAreOffAgain() {
    assertFalse(SyncPoints.active());
  }

  /** Tasks and a check. */
  private record Tasks(List<Task> tasks, Runnable whatHolds) implements Trial {
    @Override
    public void check() {
      whatHolds.run();
    }
  }

  private static Tasks two(Runnable first, Runnable second, Runnable whatHolds) {
    return new Tasks(List.of(new Task("a", first), new Task("b", second)), whatHolds);
  }

  private static ExplorationResult explore(Supplier<Trial> race, Strategy strategy) {
    return new Exploration(race).explore(strategy, ENOUGH, Exploration.Progress.NONE);
  }

  private static FailedSchedule failure(ExplorationResult result) {
    return result.failed().orElseThrow(() -> new AssertionError("not found: " + result));
  }

  // All schedules.

  /** Who wrote, in order: no two orders lead to one state. */
  private static Supplier<Trial> writers(int writes, Set<String> orders) {
    return () -> {
      Cell last = new Cell("last");
      StringBuilder order = new StringBuilder();
      return two(
          () -> write(last, writes, 'a', order),
          () -> write(last, writes, 'b', order),
          () -> orders.add(order.toString()));
    };
  }

  private static void write(Cell last, int writes, char who, StringBuilder order) {
    for (int i = 0; i < writes; i++) {
      SyncPoints.reach(SyncPoint.STORE, last, 0);
      SyncPoints.changedState(last, 0);
      SyncPoints.readState(last, 0);
      order.append(who);
    }
  }

  /** All orders of {@code left} a's and b's in which a turn is taken at most that often. */
  private static void orders(String order, int as, int bs, int preemptions, Set<String> all) {
    if (as == 0 && bs == 0) {
      all.add(order);
      return;
    }
    char last = order.isEmpty() ? ' ' : order.charAt(order.length() - 1);
    if (as > 0) {
      int costs = last == 'b' && bs > 0 ? 1 : 0;
      if (costs <= preemptions) {
        orders(order + 'a', as - 1, bs, preemptions - costs, all);
      }
    }
    if (bs > 0) {
      int costs = last == 'a' && as > 0 ? 1 : 0;
      if (costs <= preemptions) {
        orders(order + 'b', as, bs - 1, preemptions - costs, all);
      }
    }
  }

  @Test
  void allOrdersAreTriedAndThoseWithFewPreemptionsFirst() {
    for (int bound = 0; bound <= 8; bound++) {
      Set<String> expected = new TreeSet<>();
      orders("", 4, 4, bound, expected);
      Set<String> tried = new TreeSet<>();
      Exploration race = new Exploration(writers(4, tried));
      long _ = race.auditStates(1, 1);
      tried.clear();
      ExplorationResult result =
          race.explore(new Strategy.Exhaustive(bound), ENOUGH, Exploration.Progress.NONE);
      assertTrue(result.exhausted(), () -> "not exhausted: " + result);
      assertEquals(expected, tried, "with at most " + bound + " preemptions");
    }
  }

  @Test
  void noScheduleIsRunTwice() {
    ExhaustiveScheduler scheduler = new ExhaustiveScheduler(3);
    Set<Schedule> schedules = new HashSet<>();
    try (SyncPoints.Activation _ = SyncPoints.activate()) {
      while (scheduler.next()) {
        Trial trial = writers(3, new HashSet<>()).get();
        ScheduledRun run = new ScheduledRun(scheduler, 1_000, trial.tasks(), new EveryPoint());
        RunSummary _ = run.run();
        assertTrue(schedules.add(run.schedule()), () -> "twice: " + run.schedule());
      }
    }
    assertTrue(schedules.size() > 20, () -> schedules.size() + " schedules");
  }

  /** Asks everywhere, and tells every state from every other. */
  private static final class EveryPoint extends RunWatch {
    private long states;

    @Override
    boolean reached(ScheduledTask task, SyncPoint point, @Nullable SyncPlace place, long index) {
      return true;
    }

    @Override
    long stateHash(List<ScheduledTask> tasks) {
      return Mix.mix(System.identityHashCode(this), ++states);
    }
  }

  @Test
  void statesThatAreEqualAreWalkedOnce() {
    Supplier<Trial> adders =
        () -> {
          Cell sum = new Cell("sum");
          Runnable add =
              () -> {
                for (int i = 0; i < 20; i++) {
                  sum.add(1);
                }
              };
          return two(add, add, () -> assertEquals(40, sum.peek()));
        };
    ExplorationResult result = explore(adders, Strategy.Exhaustive.unbounded());
    assertTrue(result.exhausted());
    // Each pair of places in the two tasks, twice: who was running matters.
    assertTrue(result.states() <= 2 * 21 * 22, () -> "states: " + result);
    assertTrue(result.schedules() <= 2 * 21 * 22, () -> "of 137 thousand million: " + result);
  }

  @Test
  void whatOnlyOneTaskTouchesIsNoChoice() {
    Supplier<Trial> apart =
        () -> {
          Cell left = new Cell("left");
          Cell right = new Cell("right");
          return two(() -> left.add(1), () -> right.add(1), () -> {});
        };
    ExplorationResult result = explore(apart, Strategy.Exhaustive.unbounded());
    assertTrue(result.exhausted());
    assertEquals(2, result.schedules(), "one after the other");
  }

  // Failures.

  private static Trial lostUpdate() {
    Cell counter = new Cell("counter");
    Runnable increment = () -> counter.set(counter.get() + 1);
    return two(increment, increment, () -> assertEquals(2, counter.peek()));
  }

  private static Trial guardedUpdate() {
    Cell counter = new Cell("counter");
    SpinLock lock = new SpinLock(LockRank.PTE);
    Runnable increment =
        () -> {
          lock.lock();
          counter.set(counter.get() + 1);
          lock.unlock();
        };
    return two(increment, increment, () -> assertEquals(2, counter.peek()));
  }

  @Test
  void everyStrategyFindsALostUpdate() {
    long seed = Seeds.next("everyStrategyFindsALostUpdate");
    for (Strategy strategy :
        List.of(
            new Strategy.RandomWalk(seed), new Strategy.Pct(seed, 1), new Strategy.Exhaustive(1))) {
      FailedSchedule failed = failure(explore(ExplorationTest::lostUpdate, strategy));
      assertTrue(failed.failure().toString().contains("expected: <2> but was: <1>"));
      assertEquals(!(strategy instanceof Strategy.Exhaustive), failed.seed().isPresent());
    }
    assertTrue(explore(ExplorationTest::lostUpdate, new Strategy.Exhaustive(0)).exhausted());
  }

  @Test
  void aLockMendsIt() {
    for (Strategy strategy : List.of(Strategy.Exhaustive.unbounded(), new Strategy.Exhaustive(2))) {
      ExplorationResult result = explore(ExplorationTest::guardedUpdate, strategy);
      assertTrue(result.failed().isEmpty());
      assertTrue(result.exhausted());
    }
  }

  @Test
  void aSeedStandsForOneSchedule() {
    long first = Seeds.next("aSeedStandsForOneSchedule");
    for (boolean random : new boolean[] {true, false}) {
      FailedSchedule found = failure(explore(ExplorationTest::lostUpdate, bySeed(random, first)));
      long seed = found.seed().orElseThrow();
      FailedSchedule again =
          failure(
              new Exploration(ExplorationTest::lostUpdate)
                  .explore(bySeed(random, seed), 1, Exploration.Progress.NONE));
      assertEquals(found.schedule(), again.schedule());
    }
  }

  private static Strategy bySeed(boolean random, long seed) {
    return random ? new Strategy.RandomWalk(seed) : new Strategy.Pct(seed, 1);
  }

  @Test
  void aFailureIsToldAsAStory() {
    FailedSchedule failed =
        failure(explore(ExplorationTest::lostUpdate, Strategy.Exhaustive.unbounded()));
    Schedule read = Schedule.parse(failed.schedule().toString());
    assertEquals(failed.schedule(), read);
    Story story = new Exploration(ExplorationTest::lostUpdate).replay(read, PlaceNames.NONE);
    assertEquals(List.of("a", "b"), story.tasks());
    assertTrue(story.failure().isPresent());
    List<String> lines = new ArrayList<>();
    story.lines().forEach(line -> lines.add(story.tasks().get(line.task()) + ": " + line.text()));
    assertEquals(
        List.of(
            "a: read counter: 0",
            "b: read counter: 0",
            "b: set counter: 0 → 1",
            "b: ends",
            "a: set counter: 1 → 1",
            "a: ends"),
        lines.stream().map(line -> line.replace("change", "set")).toList());
  }

  @Test
  void aScheduleThatDoesNotFailIsToldToo() {
    Story story =
        new Exploration(ExplorationTest::lostUpdate).replay(Schedule.parse("1,0"), PlaceNames.NONE);
    assertTrue(story.failure().isEmpty());
    assertEquals(1, story.lines().getFirst().task());
  }

  // Deadlocks.

  /** Takes two locks in opposite orders; of one rank, so that ranks say nothing against it. */
  private static Trial planted() {
    SpinLock left = new SpinLock(LockRank.PTE);
    SpinLock right = new SpinLock(LockRank.PTE);
    return two(() -> takeBoth(left, right), () -> takeBoth(right, left), () -> {});
  }

  private static void takeBoth(SpinLock first, SpinLock second) {
    first.lock();
    second.lockNested();
    second.unlock();
    first.unlock();
  }

  @Test
  void aPlantedDeadlockIsFound() {
    for (Strategy strategy :
        List.of(new Strategy.RandomWalk(1), new Strategy.Pct(1, 1), new Strategy.Exhaustive(1))) {
      FailedSchedule failed = failure(explore(ExplorationTest::planted, strategy));
      String message = String.valueOf(failed.failure().getMessage());
      assertTrue(message.startsWith("deadlock"), message);
      assertTrue(message.contains("a waits for "), message);
      assertTrue(message.contains("b waits for "), message);
      Story story =
          new Exploration(ExplorationTest::planted).replay(failed.schedule(), PlaceNames.NONE);
      assertTrue(
          story.failure().orElseThrow().toString().contains("deadlock"), () -> story.toString());
    }
  }

  @Test
  void whereRanksSayNoTheFirstRunEndsIt() {
    SpinLock left = new SpinLock(LockRank.PTE);
    SpinLock right = new SpinLock(LockRank.ZONE);
    takeBoth(left, right);
    assertThrows(LockOrderError.class, () -> takeBoth(right, left));
    right.unlock();
  }

  // What the hash of states relies on.

  @Test
  void theAuditAgreesWhenAllIsTold() {
    assertTrue(new Exploration(ExplorationTest::guardedUpdate).auditStates(1, 200) > 100);
    assertTrue(new Exploration(ExplorationTest::lostUpdate).auditStates(1, 200) > 100);
  }

  @Test
  void theAuditFindsWhatIsNotTold() {
    Supplier<Trial> secretive =
        () -> {
          Cell told = new Cell("told");
          Cell other = new Cell("other");
          int[] last = new int[1];
          return two(
              () -> {
                told.add(1);
                last[0] = 1;
                told.add(1);
              },
              () -> {
                told.add(1);
                last[0] = 2;
                told.add(1);
                if (last[0] == 1) {
                  other.add(1);
                }
                told.add(1);
              },
              () -> {});
        };
    IllegalStateException found =
        assertThrows(
            IllegalStateException.class, () -> new Exploration(secretive).auditStates(1, 2000));
    assertTrue(found.toString().contains("from one state one choice led to two"));
  }

  // Schedules as text.

  @Test
  void schedulesAreReadAndWritten() {
    for (String text : List.of("0", "0:17,1:5,0,1", "2,1:1,0:999")) {
      assertEquals(text, Schedule.parse(text).toString());
    }
    assertEquals(Schedule.parse("0:1, 1"), Schedule.parse("0:1,1"));
    assertEquals(Schedule.parse("0:1,1").hashCode(), Schedule.parse("0:1,1").hashCode());
    assertNotEquals(Schedule.parse("0:1,1"), Schedule.parse("0:2,1"));
    for (String bad : List.of("", "x", "0:", ":1", "0:0", "0,,1", "0:1:2", "-1", "0:-1")) {
      assertThrows(IllegalArgumentException.class, () -> Schedule.parse(bad), bad);
    }
  }
}
