package dev.elephantfolio.conformance;

import dev.elephantfolio.conformance.compare.Difference;
import dev.elephantfolio.conformance.program.ProgramGenerator;
import dev.elephantfolio.conformance.report.Finding;
import dev.elephantfolio.conformance.run.PairRun;
import dev.elephantfolio.conformance.run.Times;
import dev.elephantfolio.conformance.run.Verdict;
import dev.elephantfolio.lab.scenario.Scenario;
import java.util.ArrayList;
import java.util.HashSet;
import java.util.List;
import java.util.Set;
import java.util.SortedMap;
import java.util.TreeMap;

/**
 * Runs random programs on two sides, confirms what differs, and hunts down one difference of each
 * kind. Used by one thread.
 */
public final class Campaign {
  /** Told how far a campaign is. */
  public interface Progress {
    /**
     * Another program is through.
     *
     * @param differences how many differed so far
     */
    void at(int programs, int differences);

    /** Something was found. */
    void found(Finding finding);

    /** Whether there is to be another program, though not all were run. */
    default boolean goesOn() {
      return true;
    }
  }

  private final PairRun pair;
  private final CampaignPlan plan;
  private final Progress progress;
  private final Hunt hunt;
  private final SortedMap<String, Integer> kinds = new TreeMap<>();
  private final SortedMap<String, Integer> unconfirmed = new TreeMap<>();
  private final Set<String> hunted = new HashSet<>();
  private final List<Finding> findings = new ArrayList<>();
  private Times times = Times.NONE;
  private int programs;
  private int differing;
  private long calls;
  private long pages;
  private long huntingNanos;

  public Campaign(PairRun pair, CampaignPlan plan, Progress progress) {
    this.pair = pair;
    this.plan = plan;
    this.progress = progress;
    this.hunt = new Hunt(pair);
  }

  /**
   * Runs it.
   *
   * @throws dev.elephantfolio.conformance.run.SideFailure when the live side cannot go on
   */
  public CampaignReport run() {
    long begun = System.nanoTime();
    while (programs < plan.programs() && progress.goesOn()) {
      one(plan.seed() + programs);
      programs++;
      progress.at(programs, differing);
    }
    long nanos = System.nanoTime() - begun - huntingNanos;
    return new CampaignReport(
        plan, programs, calls, pages, kinds, unconfirmed, findings, times, nanos, huntingNanos);
  }

  private void one(long seed) {
    Scenario program = ProgramGenerator.program(seed, plan.calls(), plan.withSplits());
    Verdict verdict = pair.run(program, plan.every());
    calls += verdict.outcomes().size();
    pages += verdict.pages();
    times = times.plus(verdict.times());
    if (!verdict.agrees()) {
      long begun = System.nanoTime();
      differs(seed, program, verdict.differences().getFirst());
      huntingNanos += System.nanoTime() - begun;
    }
  }

  private void differs(long seed, Scenario program, Difference first) {
    if (!hunt.confirms(program, plan.every(), first)) {
      unconfirmed.merge(first.kind(), 1, Integer::sum);
      return;
    }
    differing++;
    kinds.merge(first.kind(), 1, Integer::sum);
    if (findings.size() < plan.findingsMax() && hunted.add(first.kind())) {
      find(hunt.smallest(seed, plan.calls(), program, first));
    }
  }

  /** Seen from nearer, differences of several kinds may turn out to begin with the same. */
  private void find(Finding finding) {
    String kind = finding.difference().kind();
    if (findings.stream().noneMatch(known -> known.difference().kind().equals(kind))) {
      hunted.add(kind);
      findings.add(finding);
      progress.found(finding);
    }
  }
}
