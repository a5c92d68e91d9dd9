package dev.elephantfolio.conformance.run;

import dev.elephantfolio.lab.scenario.Outcome;
import dev.elephantfolio.lab.scenario.Snapshot;
import java.util.List;

/**
 * What one side has to say when it has got through some more steps.
 *
 * @param nextStep the first step that it did not do yet
 * @param outcomes how the calls since the last moment ended, call by call
 * @param state what can be seen now
 */
public record Moment(int nextStep, List<Outcome> outcomes, Snapshot state) {
  public Moment {
    outcomes = List.copyOf(outcomes);
  }
}
