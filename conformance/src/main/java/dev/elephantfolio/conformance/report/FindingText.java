package dev.elephantfolio.conformance.report;

import dev.elephantfolio.conformance.run.StepTaker;
import dev.elephantfolio.conformance.run.Verdict;
import dev.elephantfolio.lab.scenario.Expectation;
import dev.elephantfolio.lab.scenario.Expected;
import dev.elephantfolio.lab.scenario.Outcome;
import dev.elephantfolio.lab.scenario.Scenario;
import dev.elephantfolio.lab.scenario.ScenarioPrinter;
import dev.elephantfolio.lab.scenario.Step;
import dev.elephantfolio.lab.scenario.Step.CallStep;
import dev.elephantfolio.lab.scenario.Step.ExpectStep;
import java.util.ArrayList;
import java.util.List;

/**
 * A finding as a scenario file, ready to be kept: the calls with the outcomes they have on the live
 * kernel, some of what the kernel showed and the engine did not, a snapshot of the rest, and as
 * comments what both sides showed.
 */
public final class FindingText {
  private FindingText() {}

  public static String of(Finding finding) {
    Scenario expecting = expecting(finding.program(), finding.verdict());
    StringBuilder text = new StringBuilder();
    comment(text, finding.difference().toString());
    comment(
        text,
        "Found by: efolio conform --programs 1 --seed "
            + finding.seed()
            + " --ops "
            + finding.callsBefore()
            + "; shrunk to "
            + calls(expecting));
    text.append(ScenarioPrinter.print(expecting));
    finding.verdict().last().ifPresent(last -> expectations(text, finding.program(), last));
    text.append("snapshot\n\n");
    comment(text, "What differs, marked with !:");
    finding.verdict().last().ifPresent(last -> states(text, last));
    return text.toString();
  }

  private static String calls(Scenario program) {
    long calls = program.steps().stream().filter(CallStep.class::isInstance).count();
    return calls == 1 ? "1 call." : calls + " calls.";
  }

  private static void expectations(StringBuilder text, Scenario program, Verdict.Pair last) {
    for (Expectation expectation : KernelExpectations.of(program, last)) {
      text.append(ScenarioPrinter.print(new ExpectStep(0, expectation))).append('\n');
    }
  }

  private static void states(StringBuilder text, Verdict.Pair last) {
    BothStates.lines(last.engine().state(), last.live().state())
        .forEach(line -> comment(text, line));
  }

  private static void comment(StringBuilder text, String line) {
    text.append(("# " + line).stripTrailing()).append('\n');
  }

  /** The calls that the program came to on the live kernel, with their outcomes there. */
  private static Scenario expecting(Scenario program, Verdict verdict) {
    List<Outcome> outcomes = verdict.outcomes();
    List<Step> steps = new ArrayList<>();
    int call = 0;
    for (Step step : program.steps()) {
      if (step instanceof CallStep made && call < outcomes.size()) {
        Outcome outcome = outcomes.get(call++);
        if (!StepTaker.wasNoCall(outcome)) {
          Expected expected = new Expected(outcome.word());
          steps.add(new CallStep(made.line(), made.process(), made.call(), expected));
        }
      } else {
        steps.add(step);
      }
    }
    return new Scenario(program.file(), steps);
  }
}
