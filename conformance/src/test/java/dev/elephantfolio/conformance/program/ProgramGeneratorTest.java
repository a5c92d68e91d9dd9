package dev.elephantfolio.conformance.program;

import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertNotEquals;
import static org.junit.jupiter.api.Assertions.assertTrue;

import dev.elephantfolio.lab.scenario.Advice;
import dev.elephantfolio.lab.scenario.Call;
import dev.elephantfolio.lab.scenario.Scenario;
import dev.elephantfolio.lab.scenario.ScenarioParser;
import dev.elephantfolio.lab.scenario.ScenarioPrinter;
import dev.elephantfolio.lab.scenario.Step;
import dev.elephantfolio.lab.scenario.Step.CallStep;
import dev.elephantfolio.lab.scenario.Step.SetStep;
import java.util.ArrayList;
import java.util.Arrays;
import java.util.HashSet;
import java.util.List;
import java.util.Set;
import java.util.stream.Collectors;
import java.util.stream.LongStream;
import org.junit.jupiter.api.Test;

final class ProgramGeneratorTest {
  private static final int CALLS = 200;

  private static Scenario program(long seed) {
    return ProgramGenerator.program(seed, CALLS, true);
  }

  private static List<Step> stepsOf(int programs) {
    return LongStream.range(0, programs).boxed().flatMap(s -> program(s).steps().stream()).toList();
  }

  private static List<Call> callsOf(int programs) {
    List<Call> calls = new ArrayList<>();
    for (Step step : stepsOf(programs)) {
      if (step instanceof CallStep call) {
        calls.add(call.call());
      }
    }
    return calls;
  }

  @Test
  void theSameSeedGivesTheSameProgram() {
    assertEquals(program(7), program(7));
    assertNotEquals(program(7).steps(), program(8).steps());
  }

  @Test
  void makesAsManyCallsAsAskedForAndFewMore() {
    for (long seed = 0; seed < 50; seed++) {
      long calls = program(seed).steps().stream().filter(CallStep.class::isInstance).count();
      assertTrue(calls >= CALLS && calls < CALLS + 10, seed + ": " + calls);
    }
  }

  /** What is printed is what a reader of the print runs. */
  @Test
  void printsAsAScenarioThatReadsTheSame() {
    for (long seed = 0; seed < 200; seed++) {
      Scenario program = program(seed);
      String text = ScenarioPrinter.print(program);
      assertEquals(program.steps(), ScenarioParser.parse("seed " + seed, text).steps());
    }
  }

  @Test
  void everyCallComes() {
    Set<Class<?>> seen = callsOf(300).stream().map(Object::getClass).collect(Collectors.toSet());
    assertEquals(Set.of(Call.class.getPermittedSubclasses()), seen);
  }

  @Test
  void everyAdviceComes() {
    Set<String> seen = new HashSet<>();
    for (Call call : callsOf(300)) {
      if (call instanceof Call.Madvise madvise) {
        seen.add(madvise.advice().word());
      }
    }
    Set<String> missing = new HashSet<>(Advice.allNames());
    missing.removeAll(seen);
    // KSM is not there yet.
    assertEquals(Set.of("mergeable", "unmergeable"), missing);
  }

  @Test
  void everySizeIsSetToEveryWord() {
    Set<String> seen = new HashSet<>();
    for (Step step : stepsOf(300)) {
      if (step instanceof SetStep set) {
        seen.add(set.key() + " " + set.value());
      }
    }
    for (int kib = 16; kib <= 2048; kib *= 2) {
      for (String word : List.of("always", "madvise", "inherit", "never")) {
        String setting = "transparent_hugepage/hugepages-" + kib + "kB/enabled " + word;
        assertTrue(seen.contains(setting), setting);
      }
    }
  }

  @Test
  void onlyWhoMayCallCalls() {
    for (long seed = 0; seed < 200; seed++) {
      Family family = new Family();
      int most = 0;
      for (Step step : program(seed).steps()) {
        if (step instanceof Step.ProcessStep start) {
          family.started(start.process());
        } else if (step instanceof CallStep call) {
          assertTrue(family.mayCall(call.process()), "seed " + seed + " line " + call.line());
          family.called(call.process(), call.call());
        }
        most = Math.max(most, family.size());
      }
      assertTrue(most <= 4, "seed " + seed + ": " + most + " processes");
    }
  }

  @Test
  void everyFlavourComes() {
    Set<Integer> weights = new HashSet<>();
    for (Flavour flavour : Flavour.values()) {
      weights.add(Arrays.hashCode(flavour.weights()));
    }
    assertEquals(Flavour.values().length, weights.size());
  }
}
