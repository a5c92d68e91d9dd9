package dev.elephantfolio.conformance;

import dev.elephantfolio.conformance.compare.Difference;
import dev.elephantfolio.conformance.report.Finding;
import dev.elephantfolio.conformance.run.PairRun;
import dev.elephantfolio.conformance.run.Verdict;
import dev.elephantfolio.conformance.shrink.Shrinker;
import dev.elephantfolio.lab.scenario.Scenario;
import java.util.Optional;

/**
 * Confirms a difference and hunts it down: the program runs again with the state compared after
 * every call, is cut behind the first call that differs, and shrunk. Used by one thread.
 */
final class Hunt {
  /**
   * How often a difference must come again, the same to the last page and number: others on the
   * machine can disturb a run by a glance at a page in the wrong moment. What came again at once is
   * tried in calm moments, which take seconds to come.
   */
  private static final int RUNS = 3;

  private static final int TRIALS_MAX = 1500;

  private final PairRun pair;

  Hunt(PairRun pair) {
    this.pair = pair;
  }

  /** Whether the program differs so every time. */
  boolean confirms(Scenario program, int every, Difference difference) {
    for (int run = 0; run < RUNS; run++) {
      if (run > 0) {
        pair.awaitCalm();
      }
      if (!pair.run(program, every).differences().contains(difference)) {
        return false;
      }
    }
    return true;
  }

  /** The smallest program with a difference like the one that {@code program} shows. */
  Finding smallest(long seed, int calls, Scenario program, Difference seen) {
    Verdict closely = pair.run(program, 1);
    Scenario cut = program;
    Difference target = seen;
    if (!closely.agrees()) {
      cut = new Scenario(program.file(), program.steps().subList(0, closely.steps()));
      target = closely.differences().getFirst();
    }
    String kind = target.kind();
    Scenario small = Shrinker.smallest(cut, candidate -> shows(candidate, kind), TRIALS_MAX);
    return finding(seed, calls, small, target);
  }

  private boolean shows(Scenario candidate, String kind) {
    return atEnd(candidate).shows(kind) || pair.run(candidate, 1).shows(kind);
  }

  /** The state is looked at once, at the end: many times quicker, and mostly enough. */
  private Verdict atEnd(Scenario program) {
    return pair.run(program, Integer.MAX_VALUE);
  }

  private Finding finding(long seed, int calls, Scenario program, Difference target) {
    Verdict verdict = atEnd(program);
    if (!verdict.shows(target.kind())) {
      verdict = pair.run(program, 1);
    }
    Optional<Difference> shown =
        verdict.differences().stream()
            .filter(difference -> difference.kind().equals(target.kind()))
            .findFirst();
    return new Finding(seed, calls, shown.orElse(target), program, verdict);
  }
}
