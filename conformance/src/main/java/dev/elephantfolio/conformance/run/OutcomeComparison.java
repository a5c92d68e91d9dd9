package dev.elephantfolio.conformance.run;

import dev.elephantfolio.conformance.compare.Difference;
import dev.elephantfolio.lab.scenario.Call;
import dev.elephantfolio.lab.scenario.Outcome;
import dev.elephantfolio.lab.scenario.ScenarioPrinter;
import dev.elephantfolio.lab.scenario.Step.CallStep;
import java.util.List;
import java.util.Optional;

/** How one call ended on two sides. */
final class OutcomeComparison {
  private OutcomeComparison() {}

  static Optional<Difference> of(CallStep step, Outcome engine, Outcome live) {
    if (engine.equals(live)) {
      return Optional.empty();
    }
    String where =
        "line " + step.line() + ", " + step.process() + " " + ScenarioPrinter.print(step.call());
    String name = name(step.call());
    if (!engine.word().equals(live.word())) {
      String kind = "outcome of " + name + " " + engine.word() + " for " + live.word();
      return Optional.of(new Difference(kind, where, engine.word(), live.word()));
    }
    if (!engine.where().equals(live.where())) {
      return Optional.of(new Difference("place of " + name, where, engine.where(), live.where()));
    }
    return Optional.of(values(where, engine.values(), live.values()));
  }

  /** The call's name, with its advice. */
  private static String name(Call call) {
    if (call instanceof Call.Madvise madvise) {
      return "madvise " + madvise.advice().word();
    }
    return ScenarioPrinter.print(call).split(" ")[0];
  }

  private static Difference values(String where, List<Long> engine, List<Long> live) {
    int both = Math.min(engine.size(), live.size());
    for (int i = 0; i < both; i++) {
      if (!engine.get(i).equals(live.get(i))) {
        String page = where + ", page " + i;
        return new Difference("value read", page, engine.get(i) + "", live.get(i) + "");
      }
    }
    return new Difference("values read", where, engine.size() + "", live.size() + "");
  }
}
