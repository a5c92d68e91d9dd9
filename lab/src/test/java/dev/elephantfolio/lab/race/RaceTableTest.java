package dev.elephantfolio.lab.race;

import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertFalse;
import static org.junit.jupiter.api.Assertions.assertTrue;

import com.fasterxml.jackson.databind.JsonNode;
import dev.elephantfolio.engine.sync.Exploration;
import dev.elephantfolio.engine.sync.ExplorationResult;
import dev.elephantfolio.engine.sync.Mutation;
import dev.elephantfolio.engine.sync.Strategy;
import java.util.List;
import java.util.Set;
import org.junit.jupiter.api.Test;

class RaceTableTest {
  private static final Race RACE = Races.named("fork-vs-pin").orElseThrow();
  private static final long NANOS = 1_250_000_000;

  private final RaceTable table = new RaceTable(List.of(RACE));

  private static RaceReport report(Set<Mutation> without, Strategy strategy, long schedules) {
    ExplorationResult result =
        RACE.explore(without, strategy, schedules, Exploration.Progress.NONE);
    return RaceReport.of(RACE, without, strategy, result);
  }

  @Test
  void aRaceThatHoldsIsALine() {
    assertEquals("race            schedules       states       time\n", table.header());
    assertEquals(
        "fork-vs-pin            20                  1.25 s\n",
        table.row(report(Set.of(), new Strategy.Pct(1, 3), 20), NANOS));
    String all = table.row(report(Set.of(), Strategy.Exhaustive.unbounded(), 1000), NANOS);
    assertTrue(all.matches("fork-vs-pin +[0-9]+ +[0-9]+     1.25 s  all there are\n"), all);
    String some = table.row(report(Set.of(), Strategy.Exhaustive.unbounded(), 3), NANOS);
    assertTrue(some.endsWith(" 1.25 s  those with few preemptions first\n"), some);
    assertTrue(table.end().matches("3 races, [0-9]+ schedules; none failed\n"), table.end());
    assertFalse(table.failed());
    assertTrue(table.json().get("ok").asBoolean());
  }

  @Test
  void theStoryOfARaceThatFailsStandsBelow() {
    Set<Mutation> without = Set.of(Mutation.NO_EXCLUSIVE_CHECK_AT_FORK);
    RaceReport report = report(without, Strategy.Exhaustive.unbounded(), 1000);
    String row = table.row(report, NANOS);
    assertTrue(row.endsWith(" 1.25 s  FAILED\n"), row);
    String end = table.end();
    assertTrue(end.startsWith("\nFORK "), end);
    assertTrue(end.contains("\n=> what is pinned: expected 8, found 7\n"), end);
    assertTrue(end.contains("; the last one failed\nagain: efolio race fork-vs-pin "), end);
    assertTrue(end.endsWith("; 1 failed\n"), end);
    assertTrue(table.failed());
    JsonNode json = table.json();
    assertFalse(json.get("ok").asBoolean());
    assertEquals(1.25, json.get("races").get(0).get("seconds").asDouble());
    assertEquals(
        "what is pinned: expected 8, found 7",
        json.get("races").get(0).get("failure").get("message").asText());
  }
}
