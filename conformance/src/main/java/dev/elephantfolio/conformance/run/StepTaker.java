package dev.elephantfolio.conformance.run;

import dev.elephantfolio.conformance.program.Family;
import dev.elephantfolio.lab.scenario.Call;
import dev.elephantfolio.lab.scenario.Holds;
import dev.elephantfolio.lab.scenario.Outcome;
import dev.elephantfolio.lab.scenario.Side;
import dev.elephantfolio.lab.scenario.Step;
import dev.elephantfolio.lab.scenario.Step.CallStep;
import dev.elephantfolio.lab.scenario.Step.KhugepagedStep;
import dev.elephantfolio.lab.scenario.Step.ProcessStep;
import dev.elephantfolio.lab.scenario.Step.SetStep;
import java.util.Optional;

/**
 * Takes the steps of a program on one side. A step of a process that is not there (its fork failed
 * on this side), or with pages that are not held (nor could be), is no call at all. Used by one
 * thread.
 */
public final class StepTaker {
  private static final Outcome NO_CALL = Outcome.of("no call");

  private final Side side;
  private final Family family = new Family();
  private final Holds holds = new Holds();

  StepTaker(Side side) {
    this.side = side;
  }

  /** Whether a step whose outcome that is was no call on its side. */
  public static boolean wasNoCall(Outcome outcome) {
    return outcome.equals(NO_CALL);
  }

  /** Takes it; how it ended, when it was a call. */
  Optional<Outcome> take(Step step) {
    switch (step) {
      case SetStep set -> side.set(set.key(), set.value());
      case ProcessStep start -> {
        side.spawn(start.process());
        family.started(start.process());
      }
      case KhugepagedStep khugepaged -> {
        boolean _ = side.khugepaged(khugepaged.scans());
      }
      case Step.DropCachesStep _ -> side.dropCaches();
      case CallStep call -> {
        return Optional.of(call(call.process(), call.call()));
      }
      case Step.MachineStep _, Step.SnapshotStep _, Step.ExpectStep _ -> {}
    }
    return Optional.empty();
  }

  private Outcome call(String process, Call call) {
    if (!family.mayCall(process) || holds.whyNotCall(process, call).isPresent()) {
      return NO_CALL;
    }
    Outcome outcome = side.call(process, call);
    holds.called(process, call, outcome.isOk());
    if (outcome.isOk()) {
      family.called(process, call);
    }
    return outcome;
  }
}
