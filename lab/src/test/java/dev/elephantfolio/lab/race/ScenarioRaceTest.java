package dev.elephantfolio.lab.race;

import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertThrows;
import static org.junit.jupiter.api.Assertions.assertTrue;

import dev.elephantfolio.engine.sync.Exploration;
import dev.elephantfolio.engine.sync.ExplorationResult;
import dev.elephantfolio.engine.sync.Mutation;
import dev.elephantfolio.engine.sync.Schedule;
import dev.elephantfolio.engine.sync.Story;
import dev.elephantfolio.engine.sync.Strategy;
import dev.elephantfolio.lab.LabException;
import dev.elephantfolio.lab.scenario.ScenarioParser;
import java.util.List;
import java.util.Set;
import org.junit.jupiter.api.Test;

/** Scenarios whose processes run side by side. */
class ScenarioRaceTest {
  private static final String SHARED_PAGE =
      """
      machine memory=32M cpus=2
      process A
      A mmap a 16K
      A write a 16K 7
      A fork B
      snapshot race
      A write a 4K 8
      B write a 4K 9
      B read a+4K 4K 7
      expect A a+4K same-frame B a+4K
      expect A a other-frame B a
      A read a 4K 8
      B read a 4K 9
      """;

  private static Race race(String text) {
    return ScenarioRace.of(ScenarioParser.parse("test.efs", text));
  }

  private static ExplorationResult explore(Race race, Set<Mutation> without, Strategy strategy) {
    return race.explore(without, strategy, 20_000, Exploration.Progress.NONE);
  }

  @Test
  void processesRunSideBySide() {
    Race race = race(SHARED_PAGE);
    ExplorationResult all = explore(race, Set.of(), new Strategy.Exhaustive(2));
    assertTrue(all.failed().isEmpty(), all::toString);
    assertTrue(all.exhausted(), all::toString);
    assertTrue(all.schedules() > 10, "the two meet at the shared page: " + all);
    assertTrue(race.auditStates(1, 100) > 0);
  }

  @Test
  void whatDoesNotHoldIsToldWithItsLine() {
    Race race = race(SHARED_PAGE.replace("other-frame", "same-frame"));
    String message =
        explore(race, Set.of(), bound(2)).failed().orElseThrow().failure().getMessage();
    assertTrue(
        String.valueOf(message).startsWith("line 11: expected A a same-frame B a, got "),
        () -> "message: " + message);
  }

  private static Strategy bound(int preemptions) {
    return new Strategy.Exhaustive(preemptions);
  }

  @Test
  void aProtectionThatIsMissingIsToldWithTheLines() {
    Race race =
        race(
            """
            machine memory=32M
            set transparent_hugepage/enabled never
            set transparent_hugepage/hugepages-16kB/enabled always
            process A
            A mmap a 16K
            A write a 16K 7
            A fork B
            snapshot race
            A munmap a 16K
            B split a 16K 0
            B read a 16K 7
            """);
    assertTrue(explore(race, Set.of(), bound(1)).failed().isEmpty());
    Set<Mutation> without = Set.of(Mutation.NO_FREEZE_ON_SPLIT);
    ExplorationResult result = explore(race, without, bound(2));
    Story story = race.replay(without, result.failed().orElseThrow().schedule());
    List<String> lines = story.lines().stream().map(Story.Line::text).toList();
    assertTrue(lines.contains("line 10: B split a 16K 0"), lines::toString);
  }

  @Test
  void daemonsAreTasks() {
    Race race =
        race(
            """
            machine memory=32M
            set transparent_hugepage/enabled always
            set transparent_hugepage/defrag never
            process A
            A prctl thp_disable 1
            A mmap a 2M
            A write a 8K 7
            A prctl thp_disable 0
            A madvise a 2M hugepage
            snapshot race
            A write a 4K 8
            khugepaged 1
            drop_caches
            A read a 4K 8
            A read a+4K 4K 7
            """);
    Story story = race.replay(Set.of(), Schedule.parse("0,1,2"));
    assertEquals(List.of("A", "khugepaged", "drop_caches"), story.tasks());
    assertTrue(story.failure().isEmpty(), story::toString);
    ExplorationResult result =
        race.explore(Set.of(), new Strategy.Pct(1, 3), 300, Exploration.Progress.NONE);
    assertTrue(result.failed().isEmpty(), result::toString);
  }

  private static void refused(String message, String text) {
    LabException refused = assertThrows(LabException.class, () -> race(text));
    assertEquals(message, refused.getMessage());
  }

  @Test
  void whatIsNoRaceIsRefused() {
    refused(
        "test.efs: no line 'snapshot race': what follows it, up to the next expect or snapshot, is"
            + " run side by side",
        "process A\n");
    refused(
        "test.efs:2: of fewer than two processes there is no race",
        "process A\nsnapshot race\nA mmap a 4K\n");
    refused(
        "test.efs:2: of fewer than two processes there is no race", "process A\nsnapshot race\n");
    refused(
        "test.efs:2: shared memory cannot take part in a race yet",
        "process A\nA mmap a 4K shared\nsnapshot race\n");
    refused(
        "test.efs:3: no task does this; put it before 'snapshot race'",
        "process A\nsnapshot race\nset transparent_hugepage/enabled always\n");
  }
}
