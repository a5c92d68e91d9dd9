package dev.elephantfolio.lab.scenario;

import java.util.List;

/**
 * What came of a scenario on a side.
 *
 * @param side {@code engine} or {@code live}
 * @param calls how each call ended
 * @param expectations how many were looked at
 * @param failures by line: calls that ended otherwise, and what did not hold
 */
public record ScenarioReport(
    String side,
    String file,
    List<CallResult> calls,
    int expectations,
    List<Failure> failures,
    List<NotedSnapshot> snapshots) {
  public ScenarioReport {
    calls = List.copyOf(calls);
    failures = List.copyOf(failures);
    snapshots = List.copyOf(snapshots);
  }

  /** How the call in {@code line} ended. */
  public record CallResult(int line, Outcome outcome) {}

  /**
   * What should have been and was not.
   *
   * @param where more of where it was, for a reader; may be empty
   */
  public record Failure(int line, String expected, String got, String where) {
    Failure(int line, String expected, String got) {
      this(line, expected, got, "");
    }

    /** For a reader who knows file and line. */
    public String told() {
      return "expected " + expected + ", got " + got + where;
    }
  }

  /** The state at a {@code snapshot} line. */
  public record NotedSnapshot(int line, String label, Snapshot snapshot) {}

  /** Whether everything was as the scenario says. */
  public boolean ok() {
    return failures.isEmpty();
  }
}
