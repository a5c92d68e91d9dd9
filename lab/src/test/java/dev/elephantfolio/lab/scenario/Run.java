package dev.elephantfolio.lab.scenario;

import static org.junit.jupiter.api.Assertions.assertEquals;

import dev.elephantfolio.engine.invariant.Invariants;
import java.util.List;

/** Runs scenarios on the engine. */
final class Run {
  private Run() {}

  /** The report; what must hold of a machine at rest is checked, too. */
  static ScenarioReport of(String text) {
    Scenario scenario = ScenarioParser.parse("t.efs", text);
    try (EngineSide side = EngineSide.open(scenario.machine())) {
      ScenarioReport report = ScenarioRunner.run(scenario, side);
      Invariants.check(side.machine());
      return report;
    }
  }

  /** The failures, one a string: {@code 3: expected OK, got EINVAL}. */
  static List<String> failures(String text) {
    return of(text).failures().stream()
        .map(failure ->
            failure.line()
                + ": expected "
                + failure.expected()
                + ", got "
                + failure.got()
                + failure.where())
        .toList();
  }

  /** Everything is as the scenario says. */
  static ScenarioReport ok(String text) {
    ScenarioReport report = of(text);
    assertEquals(List.of(), failures(text), text);
    return report;
  }

  /** The only snapshot. */
  static Snapshot snapshot(String text) {
    ScenarioReport report = ok(text);
    assertEquals(1, report.snapshots().size());
    return report.snapshots().getFirst().snapshot();
  }
}
