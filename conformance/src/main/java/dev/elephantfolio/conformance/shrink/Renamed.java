package dev.elephantfolio.conformance.shrink;

import dev.elephantfolio.conformance.program.Family;
import dev.elephantfolio.lab.scenario.Call;
import dev.elephantfolio.lab.scenario.Scenario;
import dev.elephantfolio.lab.scenario.Step;
import dev.elephantfolio.lab.scenario.Step.CallStep;
import dev.elephantfolio.lab.scenario.Step.ProcessStep;
import java.util.ArrayList;
import java.util.HashMap;
import java.util.List;
import java.util.Map;

/** A program whose processes are called A, B, C in the order in which they come. */
final class Renamed {
  private final Map<String, String> names = new HashMap<>();

  private Renamed() {}

  static Scenario of(Scenario program) {
    Renamed renamed = new Renamed();
    List<Step> steps = new ArrayList<>();
    program.steps().forEach(step -> steps.add(renamed.step(step)));
    return new Scenario(program.file(), steps);
  }

  private String name(String process) {
    return names.computeIfAbsent(process, _ -> Family.name(names.size()));
  }

  private Step step(Step step) {
    return switch (step) {
      case ProcessStep(int line, String process) -> new ProcessStep(line, name(process));
      case CallStep call ->
          new CallStep(call.line(), name(call.process()), call(call.call()), call.expected());
      default -> step;
    };
  }

  private Call call(Call call) {
    return switch (call) {
      case Call.Fork(String child) -> new Call.Fork(name(child));
      case Call.Vfork(String child) -> new Call.Vfork(name(child));
      default -> call;
    };
  }
}
