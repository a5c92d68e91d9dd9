package dev.elephantfolio.conformance;

import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertFalse;

import dev.elephantfolio.lab.scenario.EngineSide;
import dev.elephantfolio.lab.scenario.LiveSide;
import dev.elephantfolio.lab.scenario.Scenario;
import dev.elephantfolio.lab.scenario.ScenarioParser;
import dev.elephantfolio.lab.scenario.ScenarioReport.Failure;
import dev.elephantfolio.lab.scenario.ScenarioRunner;
import dev.elephantfolio.lab.scenario.Side;
import dev.elephantfolio.linux.live.LiveMachine;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.List;
import java.util.Optional;
import java.util.stream.Stream;
import org.junit.jupiter.api.DynamicTest;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.TestFactory;

/** The scenario files that are kept: what each expects must hold on the engine and the kernel. */
final class ScenarioFilesTest {
  private static List<Path> files() {
    return Stream.of("cases", "regressions")
        .flatMap(directory -> ScenarioFiles.under(directory).stream())
        .toList();
  }

  @Test
  void thereAreFilesOfBothKinds() {
    assertFalse(ScenarioFiles.under("cases").isEmpty());
    assertFalse(ScenarioFiles.under("regressions").isEmpty());
  }

  @TestFactory
  Stream<DynamicTest> onTheEngine() {
    return files().stream()
        .map(file -> DynamicTest.dynamicTest(file.toString(), () -> assertHoldsOnEngine(file)));
  }

  private static void assertHoldsOnEngine(Path file) {
    Scenario scenario = ScenarioParser.read(file);
    assertEquals(List.of(), failures(scenario, EngineSide.open(scenario.machine())));
  }

  /**
   * All in one test, which opens the kernel's side once: what it lacks is said once, too. Files
   * with words that no live kernel can be asked are for the engine alone.
   */
  @Test
  void onTheKernel() {
    int held = 0;
    List<String> notRun = new ArrayList<>();
    try (LiveMachine kernel = LiveKernel.machine()) {
      for (Path file : files()) {
        Scenario scenario = ScenarioParser.read(file);
        Optional<String> why = LiveSide.whyNot(scenario);
        why.ifPresent(notRun::add);
        if (why.isEmpty()) {
          assertHoldsOnKernel(scenario, kernel);
          held++;
        }
      }
    }
    notRun.forEach(why -> System.out.println("not run on the kernel: " + why));
    System.out.println(held + " files held on the kernel, " + notRun.size() + " not run there");
    assertEquals(files().size(), held + notRun.size());
  }

  /** So that no other file stays away from the kernel unseen. */
  @Test
  void onlyFilesOfReadPinsAreForTheEngineAlone() {
    for (Path file : files()) {
      boolean engineAlone = LiveSide.whyNot(ScenarioParser.read(file)).isPresent();
      assertEquals(file.toString().endsWith("read-pin.efs"), engineAlone, file.toString());
    }
  }

  private static void assertHoldsOnKernel(Scenario scenario, LiveMachine kernel) {
    List<Failure> failures =
        WhatComesAgain.of(
            scenario.file(), () -> failures(scenario, LiveSide.on(kernel)), kernel::awaitCalm);
    assertEquals(List.of(), failures, scenario.file());
  }

  /** Closes the side. */
  private static List<Failure> failures(Scenario scenario, Side side) {
    try (side) {
      return ScenarioRunner.run(scenario, side).failures();
    }
  }
}
