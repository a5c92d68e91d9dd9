package dev.elephantfolio.lab.scenario;

import dev.elephantfolio.lab.scenario.Step.CallStep;
import java.util.EnumSet;
import java.util.Optional;

/** What the live kernel cannot be asked for, whatever it is: known before anything is run. */
final class LiveLimits {
  /** As io_uring pins buffers: of all pins the one that a program can keep and look through. */
  private static final EnumSet<PinOption> FIXED_BUFFER = EnumSet.allOf(PinOption.class);

  private LiveLimits() {}

  /** Why a scenario cannot be run to its end, with the place of the word; empty when it can. */
  static Optional<String> whyNot(Scenario scenario) {
    for (Step step : scenario.steps()) {
      if (step instanceof CallStep(_, String process, Call call, _)) {
        Optional<String> why = whyNot(call);
        if (why.isPresent()) {
          return Optional.of(scenario.position(step, process) + ": " + why.get());
        }
      }
    }
    return Optional.empty();
  }

  /** Why a call cannot be made; empty when it can. */
  static Optional<String> whyNot(Call call) {
    return call instanceof Call.Pin pin && !pin.options().equals(FIXED_BUFFER)
        ? Optional.of("the live side pins 'write longterm fast' alone, as io_uring pins a buffer")
        : Optional.empty();
  }
}
