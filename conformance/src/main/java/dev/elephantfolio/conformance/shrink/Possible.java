package dev.elephantfolio.conformance.shrink;

import dev.elephantfolio.conformance.program.Family;
import dev.elephantfolio.lab.scenario.Holds;
import dev.elephantfolio.lab.scenario.Step;
import dev.elephantfolio.lab.scenario.Step.CallStep;
import dev.elephantfolio.lab.scenario.Step.ProcessStep;
import java.util.ArrayList;
import java.util.List;

/**
 * What is left of a program when steps were taken out: steps of those that are there, with what
 * they may hold.
 */
final class Possible {
  private Possible() {}

  /** The steps without those that nobody can take any more. */
  static List<Step> of(List<Step> steps) {
    Family family = new Family();
    Holds holds = new Holds();
    List<Step> possible = new ArrayList<>(steps.size());
    for (Step step : steps) {
      switch (step) {
        case ProcessStep start -> {
          family.started(start.process());
          possible.add(step);
        }
        case CallStep call -> {
          if (family.mayCall(call.process())
              && holds.whyNotCall(call.process(), call.call()).isEmpty()) {
            family.called(call.process(), call.call());
            holds.called(call.process(), call.call(), true);
            possible.add(step);
          }
        }
        default -> possible.add(step);
      }
    }
    return possible;
  }
}
