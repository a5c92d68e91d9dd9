package dev.elephantfolio.conformance;

import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertFalse;
import static org.junit.jupiter.api.Assertions.assertTrue;

import dev.elephantfolio.conformance.report.Finding;
import dev.elephantfolio.conformance.report.FindingText;
import dev.elephantfolio.conformance.run.EngineSource;
import dev.elephantfolio.conformance.run.PairRun;
import dev.elephantfolio.engine.sync.Mutation;
import dev.elephantfolio.lab.scenario.EngineSide;
import dev.elephantfolio.lab.scenario.Scenario;
import dev.elephantfolio.lab.scenario.ScenarioParser;
import dev.elephantfolio.lab.scenario.ScenarioReport;
import dev.elephantfolio.lab.scenario.ScenarioRunner;
import dev.elephantfolio.lab.scenario.Side;
import dev.elephantfolio.lab.scenario.Step.CallStep;
import java.util.Set;
import java.util.SplittableRandom;
import java.util.concurrent.TimeUnit;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.Timeout;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.EnumSource;

/**
 * The comparison proves something only if a broken engine does not get through it: engines with one
 * small mistake each, held against the engine as it is.
 */
final class BrokenEngineTest {
  /** Programs until a mistake must have shown itself: some seconds. */
  private static final int PROGRAMS = 150;

  private static final int CALLS_LEFT_MOST = 12;

  private static long seed() {
    return Long.getLong("efolio.seed", new SplittableRandom().nextLong(1L << 40));
  }

  /** Ends with the first finding. */
  private static final class FirstFinding implements Campaign.Progress {
    private boolean found;

    @Override
    public void at(int programs, int differences) {}

    @Override
    public void found(Finding finding) {
      found = true;
    }

    @Override
    public boolean goesOn() {
      return !found;
    }
  }

  private static CampaignReport campaign(Set<Mutation> mistakes, long seed, int programs) {
    try (PairRun pair = new PairRun(new EngineSource(mistakes), new EngineSource(), true)) {
      CampaignPlan plan =
          CampaignPlan.from(seed).withPrograms(programs).splitting(true).withFindings(1);
      return new Campaign(pair, plan, new FirstFinding()).run();
    }
  }

  @ParameterizedTest
  @EnumSource(
      names = {
        "EXCLUSIVE_AFTER_PMD_SPLIT",
        "MAPCOUNT_MISSED_AT_FORK",
        "NO_EXCLUSIVE_CHECK_AT_FORK",
        "KHUGEPAGED_LIMIT_OFF_BY_ONE"
      })
  @Timeout(value = 5, unit = TimeUnit.MINUTES)
  void aMistakeIsCaughtAndShrunk(Mutation mistake) {
    long seed = seed();
    String told = mistake + ", seed " + seed;
    System.out.println(told);
    CampaignReport report = campaign(Set.of(mistake), seed, PROGRAMS);
    assertFalse(report.findings().isEmpty(), told);
    Finding finding = report.findings().getFirst();
    long calls = finding.program().steps().stream().filter(CallStep.class::isInstance).count();
    assertTrue(calls <= CALLS_LEFT_MOST, told + "\n" + FindingText.of(finding));
    assertStandsAsAScenario(finding);
  }

  /** What is printed runs, with the outcomes it names, on the side that is right. */
  private static void assertStandsAsAScenario(Finding finding) {
    String text = FindingText.of(finding);
    Scenario scenario = ScenarioParser.parse("finding", text);
    try (Side right = EngineSide.open(scenario.machine())) {
      ScenarioReport report = ScenarioRunner.run(scenario, right);
      assertTrue(report.ok(), report.failures() + "\n" + text);
    }
    assertTrue(text.contains("! "), text);
  }

  @Test
  void theEngineAsItIsGetsThrough() {
    long seed = seed();
    System.out.println("seed " + seed);
    CampaignReport report = campaign(Set.of(), seed, 30);
    assertEquals(0, report.differences(), "seed " + seed + ": " + report.kinds());
    assertEquals(0, report.unconfirmedCount(), "seed " + seed + ": " + report.unconfirmed());
    assertEquals(30, report.programs());
    assertTrue(report.calls() >= 30 * 200, report.calls() + " calls");
    assertTrue(report.pages() > 0 && report.programsPerSecond() > 0);
  }
}
