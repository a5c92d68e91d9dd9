package dev.elephantfolio.conformance;

import static org.junit.jupiter.api.Assertions.assertEquals;

import dev.elephantfolio.conformance.compare.Difference;
import dev.elephantfolio.conformance.run.EngineSource;
import dev.elephantfolio.conformance.run.PairRun;
import dev.elephantfolio.lab.scenario.Scenario;
import dev.elephantfolio.lab.scenario.ScenarioParser;
import java.nio.file.Path;
import java.util.List;
import org.junit.jupiter.api.Test;

/**
 * The kept scenario files once more, for what they do not think to expect: the whole state of
 * engine and kernel is compared, after each call of the regressions and every few of the cases.
 */
final class ScenarioStatesTest {
  private static final int ATTEMPTS = 3;
  private static final int EVERY_OF_CASES = 50;
  private static final int MOST_TOLD = 5;

  @Test
  void engineAndKernelShowTheSame() {
    try (PairRun pair = new PairRun(new EngineSource(), LiveKernel.source(), false)) {
      ScenarioFiles.under("regressions").forEach(file -> assertSame(pair, file, 1));
      ScenarioFiles.under("cases").forEach(file -> assertSame(pair, file, EVERY_OF_CASES));
    }
  }

  /** What counts is what comes again; a kernel has others to serve, too. */
  private static void assertSame(PairRun pair, Path file, int every) {
    Scenario scenario = ScenarioParser.read(file);
    List<Difference> differences = pair.run(scenario, every).differences();
    for (int attempt = 1; attempt < ATTEMPTS && !differences.isEmpty(); attempt++) {
      System.out.println(file + ": once more, after " + differences.getFirst());
      LiveKernel.makeRoom();
      differences = pair.run(scenario, every).differences();
    }
    List<Difference> first = differences.stream().limit(MOST_TOLD).toList();
    assertEquals(List.of(), first, file.toString());
  }
}
