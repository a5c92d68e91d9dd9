package dev.elephantfolio.lab.scenario;

import dev.elephantfolio.lab.scenario.Step.CallStep;
import dev.elephantfolio.lab.scenario.Step.ExpectStep;
import dev.elephantfolio.lab.scenario.Step.MachineStep;
import java.util.ArrayList;
import java.util.LinkedHashMap;
import java.util.LinkedHashSet;
import java.util.List;
import java.util.Map;

/**
 * A program of memory calls, and what must hold in between.
 *
 * @param file where it was read from, or what it is called
 * @param source the lines that it was read from, for errors to point at; empty when it was not read
 */
public record Scenario(String file, List<Step> steps, List<String> source) {
  public Scenario {
    steps = List.copyOf(steps);
    source = List.copyOf(source);
  }

  /** One that was not read. */
  public Scenario(String file, List<Step> steps) {
    this(file, steps, List.of());
  }

  /** {@code FILE:LINE:COLUMN} of the first {@code word} in the step's line, as far as known. */
  String position(Step step, String word) {
    String line = file + ":" + step.line();
    if (step.line() < 1 || step.line() > source.size()) {
      return line;
    }
    return line + ":" + (source.get(step.line() - 1).indexOf(word) + 1);
  }

  /** The engine's machine. */
  public MachineStep machine() {
    return !steps.isEmpty() && steps.getFirst() instanceof MachineStep machine
        ? machine
        : MachineStep.STANDARD;
  }

  /** The regions' names by number: in order of first mention, the heap left out. */
  public List<String> regions() {
    LinkedHashSet<String> names = new LinkedHashSet<>();
    for (Step step : steps) {
      for (Place place : places(step)) {
        if (!place.isHeap()) {
          names.add(place.region());
        }
      }
    }
    return List.copyOf(names);
  }

  private static List<Place> places(Step step) {
    return switch (step) {
      case CallStep call -> call.call().places();
      case ExpectStep expect -> expect.expectation().places();
      default -> List.of();
    };
  }

  /**
   * The same program as it reads when it is printed and parsed again: its steps in lines 1, 2, 3 …,
   * its regions numbered by first mention, so that every window moves to where a reader of the
   * print finds it.
   */
  public Scenario normalised() {
    Map<String, Integer> numbers = new LinkedHashMap<>();
    for (String region : regions()) {
      numbers.put(region, numbers.size());
    }
    List<Step> normalised = new ArrayList<>();
    for (Step step : steps) {
      normalised.add(Renumbering.of(step.atLine(normalised.size() + 1), numbers));
    }
    return new Scenario(file, normalised);
  }
}
