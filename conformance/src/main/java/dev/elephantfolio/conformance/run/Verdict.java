package dev.elephantfolio.conformance.run;

import dev.elephantfolio.conformance.compare.Difference;
import dev.elephantfolio.lab.scenario.Outcome;
import java.util.List;
import java.util.Optional;

/**
 * What came of one program on two sides.
 *
 * @param differences at the first moment that had any, causes first
 * @param steps how many steps were taken until then
 * @param outcomes how the calls among them ended on the live side
 * @param pages how many pages were compared, each as often as it was
 * @param last the last moment on both sides; empty when a side failed before
 */
public record Verdict(
    List<Difference> differences,
    int steps,
    List<Outcome> outcomes,
    long pages,
    Optional<Pair> last,
    Times times) {
  /** The same moment on both sides. */
  public record Pair(Moment engine, Moment live) {}

  public Verdict {
    differences = List.copyOf(differences);
    outcomes = List.copyOf(outcomes);
  }

  public boolean agrees() {
    return differences.isEmpty();
  }

  /** Whether something of that kind differs. */
  public boolean shows(String kind) {
    return differences.stream().anyMatch(difference -> difference.kind().equals(kind));
  }
}
