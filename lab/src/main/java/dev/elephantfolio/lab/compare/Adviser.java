package dev.elephantfolio.lab.compare;

import dev.elephantfolio.lab.Amounts;
import dev.elephantfolio.lab.compare.Comparison.Outcome;
import dev.elephantfolio.lab.policy.Policies;
import dev.elephantfolio.lab.policy.Policy;
import java.util.ArrayList;
import java.util.List;
import java.util.concurrent.TimeUnit;

/**
 * Says which policy does best for a recording, by the replayed numbers alone.
 *
 * <p>Of the policies that keep within the memory budget, the best is the one with the most
 * anonymous memory in huge pages (mean over time); where that is nearly alike, the one with clearly
 * fewer page faults; then the one that uses clearly less memory; then the one named first. One that
 * gains neither coverage nor faults worth speaking of is no better than none.
 */
public final class Adviser {
  /** What the CLI takes when the user says nothing. */
  public static final double DEFAULT_MEMORY_BUDGET = 0.10;

  /** Coverages nearer than this are alike. */
  private static final double COVERAGE_STEP = 0.01;

  /** Fewer faults than this share saved are not worth speaking of. */
  private static final double FAULTS_STEP = 0.05;

  /** Amounts of memory nearer than this share of the baseline's are alike. */
  private static final double MEMORY_STEP = 0.01;

  /** Where large folios hold so much more than huge pages do, they are worth a word. */
  private static final double LARGE_STEP = 0.1;

  private static final long SHORT_NANOS = TimeUnit.SECONDS.toNanos(60);

  private final Comparison comparison;
  private final Outcome baseline;
  private final double memoryBudget;

  private Adviser(Comparison comparison, Outcome baseline, double memoryBudget) {
    this.comparison = comparison;
    this.baseline = baseline;
    this.memoryBudget = memoryBudget;
  }

  /** The policies with the baseline among them: itself a policy given, or put in front. */
  public static List<Policy> withBaseline(List<Policy> policies) {
    for (Policy policy : policies) {
      if (policy.name().equals(Policies.never().name())) {
        return policies;
      }
    }
    List<Policy> all = new ArrayList<>(policies);
    all.addFirst(Policies.never());
    return all;
  }

  /**
   * Advises on a comparison that holds the policy {@code never}.
   *
   * @param memoryBudget by how much the memory used may grow over {@code never}: 0.1 is 10%
   */
  public static Advice advise(Comparison comparison, double memoryBudget) {
    String never = Policies.never().name();
    Outcome baseline =
        comparison.outcomes().stream()
            .filter(outcome -> outcome.policy().name().equals(never))
            .findFirst()
            .orElseThrow(() -> new IllegalArgumentException("there is no policy " + never));
    return new Adviser(comparison, baseline, memoryBudget).advice();
  }

  private Advice advice() {
    Outcome best = best();
    return new Advice(
        comparison,
        best.policy().name(),
        baseline.policy().name(),
        memoryBudget,
        best.equals(baseline) ? nothingGained() : gained(best),
        caveats());
  }

  private Outcome best() {
    Outcome best = baseline;
    for (Outcome outcome : comparison.outcomes()) {
      if (growth(outcome) <= memoryBudget && gains(outcome) && isBetter(outcome, best)) {
        best = outcome;
      }
    }
    return best;
  }

  private boolean isBetter(Outcome outcome, Outcome than) {
    double coverage = coverage(outcome) - coverage(than);
    if (Math.abs(coverage) >= COVERAGE_STEP) {
      return coverage > 0;
    }
    double faults = faultsSaved(outcome) - faultsSaved(than);
    if (Math.abs(faults) >= FAULTS_STEP) {
      return faults > 0;
    }
    return growth(than) - growth(outcome) >= MEMORY_STEP;
  }

  private static double coverage(Outcome outcome) {
    return outcome.report().total().meanHugeCoverage();
  }

  /** By what share more memory is used than under the baseline. */
  private double growth(Outcome outcome) {
    long before = baseline.report().total().peakUsedBytes();
    long after = outcome.report().total().peakUsedBytes();
    return before == 0 ? 0 : (double) (after - before) / before;
  }

  /** What share of the baseline's page faults does not happen. */
  private double faultsSaved(Outcome outcome) {
    long before = baseline.report().faults().all();
    return before == 0 ? 0 : 1 - (double) outcome.report().faults().all() / before;
  }

  private boolean gains(Outcome outcome) {
    return coverage(outcome) - coverage(baseline) >= COVERAGE_STEP
        || faultsSaved(outcome) >= FAULTS_STEP;
  }

  private String gained(Outcome best) {
    return "Within "
        + Amounts.percent(memoryBudget)
        + " more memory than "
        + baseline.policy().name()
        + ", "
        + best.policy().name()
        + " does best: "
        + whatItDoes(best)
        + "."
        + beyondBudget(best);
  }

  private String whatItDoes(Outcome outcome) {
    long more =
        outcome.report().total().peakUsedBytes() - baseline.report().total().peakUsedBytes();
    return coverageText(outcome)
        + ", "
        + faultsText(faultsSaved(outcome))
        + " and "
        + memoryText(more, growth(outcome));
  }

  private static String coverageText(Outcome outcome) {
    double huge = coverage(outcome);
    double large = outcome.report().total().largeCoverageAtPeak();
    String text = Amounts.percent(rounded(huge)) + " of anonymous memory in huge pages on average";
    return large - huge < LARGE_STEP
        ? text
        : text + " (at its peak " + Amounts.percent(rounded(large)) + " in folios above 4K)";
  }

  private static String faultsText(double saved) {
    String share = Amounts.percent(rounded(Math.abs(saved)));
    return share + (saved >= 0 ? " fewer page faults" : " more page faults");
  }

  private static String memoryText(long moreBytes, double growth) {
    String amount =
        Amounts.bytes(Math.abs(moreBytes))
            + " ("
            + Amounts.percent(rounded(Math.abs(growth)))
            + ")";
    return amount + (moreBytes >= 0 ? " more memory at the peak" : " less memory at the peak");
  }

  private static double rounded(double share) {
    return Math.rint(share * 1000) / 1000;
  }

  /** A policy that the budget alone keeps from being the best is worth a word. */
  private String beyondBudget(Outcome best) {
    Outcome beyond = best;
    for (Outcome outcome : comparison.outcomes()) {
      if (growth(outcome) > memoryBudget && gains(outcome) && isBetter(outcome, beyond)) {
        beyond = outcome;
      }
    }
    return beyond.equals(best)
        ? ""
        : " Beyond that, " + beyond.policy().name() + " would give " + whatItDoes(beyond) + ".";
  }

  private String nothingGained() {
    String never = baseline.policy().name();
    if (comparison.outcomes().stream().noneMatch(this::gains)) {
      return "None of these policies does anything for this program worth speaking of: "
          + never
          + " serves as well.";
    }
    return "Nothing gains huge pages or saves faults within "
        + Amounts.percent(memoryBudget)
        + " more memory than "
        + never
        + "."
        + beyondBudget(baseline);
  }

  private List<String> caveats() {
    List<String> caveats = new ArrayList<>();
    caveats.add(
        "Memory, faults and copies are counted, time is not: neither what fewer TLB misses save nor"
            + " what clearing a huge page costs.");
    caveats.add(
        "The program is taken to do the same under every policy; one that looks at the settings, or"
            + " does other things when it runs faster, would not.");
    caveats.add(
        "The machine is taken to have enough free memory in one piece and to run nothing else.");
    if (baseline.report().recording().durationNanos() < SHORT_NANOS) {
      caveats.add(
          "The recording lasts "
              + Amounts.seconds(baseline.report().recording().durationNanos())
              + ": what khugepaged, which by default looks at 16 MiB every 10 s, would do in the"
              + " long run is not in it.");
    }
    return caveats;
  }
}
