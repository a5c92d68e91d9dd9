package dev.elephantfolio.conformance;

import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertFalse;
import static org.junit.jupiter.api.Assertions.assertTrue;

import dev.elephantfolio.lab.scenario.EngineSide;
import dev.elephantfolio.lab.scenario.LiveSide;
import dev.elephantfolio.lab.scenario.Scenario;
import dev.elephantfolio.lab.scenario.ScenarioParser;
import dev.elephantfolio.lab.scenario.ScenarioReport;
import dev.elephantfolio.lab.scenario.ScenarioRunner;
import dev.elephantfolio.lab.scenario.Side;
import dev.elephantfolio.linux.live.LiveMachine;
import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.List;
import java.util.stream.Stream;
import org.junit.jupiter.api.DynamicTest;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.TestFactory;

/** The scenario files that are kept: what each expects must hold on the engine and the kernel. */
final class ScenarioFilesTest {
  private static final List<Path> KEPT = List.of(Path.of("cases"), Path.of("regressions"));

  private static List<Path> files() {
    return KEPT.stream().flatMap(ScenarioFilesTest::filesUnder).sorted().toList();
  }

  private static Stream<Path> filesUnder(Path directory) {
    try (Stream<Path> all = Files.walk(directory)) {
      return all.filter(path -> path.toString().endsWith(".efs")).toList().stream();
    } catch (IOException e) {
      throw new AssertionError(directory + ": " + e.getMessage(), e);
    }
  }

  @Test
  void thereAreFilesOfBothKinds() {
    for (Path directory : KEPT) {
      assertFalse(filesUnder(directory).toList().isEmpty(), directory.toString());
    }
  }

  @TestFactory
  Stream<DynamicTest> onTheEngine() {
    return files().stream()
        .map(file -> DynamicTest.dynamicTest(file.toString(), () -> assertHoldsOnEngine(file)));
  }

  private static void assertHoldsOnEngine(Path file) {
    Scenario scenario = ScenarioParser.read(file);
    try (Side engine = EngineSide.open(scenario.machine())) {
      assertHolds(scenario, engine);
    }
  }

  /** All in one test, which opens the kernel's side once: what it lacks is said once, too. */
  @Test
  void onTheKernel() {
    int held = 0;
    try (LiveMachine kernel = LiveKernel.machine()) {
      for (Path file : files()) {
        try (Side live = LiveSide.on(kernel)) {
          assertHolds(ScenarioParser.read(file), live);
          held++;
        }
      }
    }
    assertEquals(files().size(), held);
  }

  private static void assertHolds(Scenario scenario, Side side) {
    ScenarioReport report = ScenarioRunner.run(scenario, side);
    assertTrue(report.ok(), () -> scenario.file() + ": " + report.failures());
  }
}
