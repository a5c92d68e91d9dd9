package dev.elephantfolio.lab.compare;

import dev.elephantfolio.lab.policy.Policy;
import dev.elephantfolio.lab.replay.ReplayReport;
import java.util.List;

/**
 * One recording under several policies.
 *
 * @param outcomes at least one, in the order in which the policies were given
 */
public record Comparison(List<Outcome> outcomes) {
  /** What a policy made of the recording. */
  public record Outcome(Policy policy, ReplayReport report) {}

  public Comparison {
    outcomes = List.copyOf(outcomes);
    if (outcomes.isEmpty()) {
      throw new IllegalArgumentException("no policy to compare");
    }
  }

  /** What is the same in all of them can be read here: what was replayed. */
  public ReplayReport anyReport() {
    return outcomes.getFirst().report();
  }

  /** The figures of all processes together. */
  public List<ComparisonRow> rows() {
    return ComparedFigures.rows(outcomes);
  }

  /** The processes that had the most anonymous memory under some policy, largest first. */
  public List<ProcessComparison> largestProcesses(int most) {
    return ProcessComparison.largest(outcomes, most);
  }
}
