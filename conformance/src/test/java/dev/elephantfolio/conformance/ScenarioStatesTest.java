package dev.elephantfolio.conformance;

import static org.junit.jupiter.api.Assertions.assertEquals;

import dev.elephantfolio.conformance.compare.Difference;
import dev.elephantfolio.conformance.run.EngineSource;
import dev.elephantfolio.conformance.run.PairRun;
import dev.elephantfolio.lab.scenario.LiveSide;
import dev.elephantfolio.lab.scenario.Scenario;
import dev.elephantfolio.lab.scenario.ScenarioParser;
import java.nio.file.Path;
import java.util.List;
import java.util.function.ToIntFunction;
import org.junit.jupiter.api.Test;

/**
 * The kept scenario files once more, for what they do not think to expect: the whole state of
 * engine and kernel is compared, after each call of the regressions and every few of the cases.
 * Files that no live kernel can run are left out; {@link ScenarioFilesTest} counts them.
 */
final class ScenarioStatesTest {
  private static final int LEAST_BETWEEN_LOOKS = 50;
  private static final int LOOKS_MOST = 4;
  private static final int MOST_TOLD = 5;

  @Test
  void engineAndKernelShowTheSame() {
    try (PairRun pair = new PairRun(new EngineSource(), LiveKernel.source(), false)) {
      ScenarioFiles.under("regressions").forEach(file -> assertSame(pair, file, _ -> 1));
      ScenarioFiles.under("cases").stream()
          .filter(file -> LiveSide.whyNot(ScenarioParser.read(file)).isEmpty())
          .forEach(file -> assertSame(pair, file, ScenarioStatesTest::few));
    }
  }

  /** After how many steps a case is looked at; a long one must be over before a calm moment is. */
  private static int few(Scenario scenario) {
    return Math.max(LEAST_BETWEEN_LOOKS, scenario.steps().size() / LOOKS_MOST);
  }

  private static void assertSame(PairRun pair, Path file, ToIntFunction<Scenario> pace) {
    Scenario scenario = ScenarioParser.read(file);
    int every = pace.applyAsInt(scenario);
    List<Difference> differences =
        WhatComesAgain.of(file, () -> pair.run(scenario, every).differences(), pair::awaitCalm);
    List<Difference> first = differences.stream().limit(MOST_TOLD).toList();
    assertEquals(List.of(), first, file.toString());
  }
}
