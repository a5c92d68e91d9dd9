package dev.elephantfolio.lab.race;

import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertFalse;
import static org.junit.jupiter.api.Assertions.assertTrue;

import dev.elephantfolio.engine.sync.Exploration;
import dev.elephantfolio.engine.sync.ExplorationResult;
import dev.elephantfolio.engine.sync.FailedSchedule;
import dev.elephantfolio.engine.sync.Mutation;
import dev.elephantfolio.engine.sync.Schedule;
import dev.elephantfolio.engine.sync.Story;
import dev.elephantfolio.engine.sync.Strategy;
import java.util.HashSet;
import java.util.Random;
import java.util.Set;
import java.util.stream.Stream;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.Arguments;
import org.junit.jupiter.params.provider.MethodSource;

/**
 * Every race holds under the first schedules of those with few preemptions, and under random ones;
 * without any of the protections that it names it does not. {@code -Defolio.schedules=N} runs more;
 * {@code efolio race --all --exhaustive} runs all there are.
 */
class RacesTest {
  private static final long SCHEDULES = Long.getLong("efolio.schedules", 240);
  private static final long AUDITED = 50;

  /** More than it takes to find what any of the mutations does. */
  private static final long SCHEDULES_MAX = 200_000;

  private static final int PREEMPTIONS = 2;

  static Stream<String> names() {
    return Races.all().stream().map(Race::name);
  }

  static Stream<Arguments> mutations() {
    return Races.all().stream()
        .flatMap(race -> race.mustCatch().stream().map(each -> Arguments.of(race.name(), each)));
  }

  private static Race race(String name) {
    return Races.named(name).orElseThrow();
  }

  private static long seed(String what) {
    long seed = Long.getLong("efolio.seed", new Random().nextInt(Integer.MAX_VALUE));
    System.out.println(what + ": -Defolio.seed=" + seed);
    return seed;
  }

  private static ExplorationResult explore(
      String name, Set<Mutation> without, Strategy strategy, long schedules) {
    return race(name).explore(without, strategy, schedules, Exploration.Progress.NONE);
  }

  private static void holds(String name, Strategy strategy, long schedules) {
    ExplorationResult result = explore(name, Set.of(), strategy, schedules);
    FailedSchedule failed = result.failed().orElse(null);
    if (failed != null) {
      throw new AssertionError(
          name + " fails under " + failed.schedule() + ", " + strategy, failed.failure());
    }
    boolean enough = result.exhausted() || result.schedules() == schedules;
    assertTrue(enough, () -> name + ": " + result);
  }

  @ParameterizedTest
  @MethodSource("names")
  void holdsUnderRandomSchedules(String name) {
    long seed = seed(name);
    holds(name, new Strategy.RandomWalk(seed), SCHEDULES / 4);
    holds(name, new Strategy.Pct(seed, 3), SCHEDULES);
  }

  @ParameterizedTest
  @MethodSource("names")
  void holdsUnderSchedulesWithFewPreemptions(String name) {
    holds(name, Strategy.Exhaustive.unbounded(), 2 * SCHEDULES);
  }

  /** What the search over all schedules relies on. */
  @ParameterizedTest
  @MethodSource("names")
  void statesAreToldApartByAllThatMatters(String name) {
    assertTrue(race(name).auditStates(seed(name), AUDITED) > 0);
  }

  @ParameterizedTest
  @MethodSource("mutations")
  void withoutItsProtectionItFails(String name, Mutation protection) {
    Set<Mutation> without = Set.of(protection);
    Strategy all = new Strategy.Exhaustive(PREEMPTIONS);
    ExplorationResult result = explore(name, without, all, SCHEDULES_MAX);
    FailedSchedule failed =
        result.failed().orElseThrow(() -> new AssertionError("not noticed by all of " + result));
    RaceReport report = RaceReport.of(race(name), without, all, result);
    System.out.println(RaceText.of(report));
    Story story = report.story().orElseThrow();
    assertEquals(
        failed.failure().getClass(),
        story.failure().orElseThrow().getClass(),
        "the same again, as it is told");
    assertTrue(Set.copyOf(story.tasks()).size() >= 2, () -> "tasks: " + story.tasks());
    assertEquals(
        failed.schedule(), Schedule.parse(failed.schedule().toString()), "a schedule reads back");
  }

  @ParameterizedTest
  @MethodSource("mutations")
  void chanceFindsItToo(String name, Mutation protection) {
    long seed = seed(name + " " + protection);
    Strategy pct = new Strategy.Pct(seed, 3);
    ExplorationResult found = explore(name, Set.of(protection), pct, SCHEDULES_MAX);
    FailedSchedule failed = found.failed().orElseThrow();
    ExplorationResult again =
        explore(name, Set.of(protection), new Strategy.Pct(failed.seed().orElseThrow(), 3), 1);
    assertEquals(failed.schedule(), again.failed().orElseThrow().schedule());
  }

  @Test
  void everyRaceHasAMutationAndANameOfItsOwn() {
    Set<String> names = new HashSet<>();
    for (Race race : Races.all()) {
      assertTrue(names.add(race.name()), race::name);
      assertFalse(race.mustCatch().isEmpty(), race::name);
      assertFalse(race.shows().isBlank(), race::name);
    }
  }
}
