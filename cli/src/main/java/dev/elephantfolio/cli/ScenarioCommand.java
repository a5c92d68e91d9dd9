package dev.elephantfolio.cli;

import dev.elephantfolio.lab.scenario.EngineSide;
import dev.elephantfolio.lab.scenario.LiveSide;
import dev.elephantfolio.lab.scenario.Scenario;
import dev.elephantfolio.lab.scenario.ScenarioJson;
import dev.elephantfolio.lab.scenario.ScenarioParser;
import dev.elephantfolio.lab.scenario.ScenarioReport;
import dev.elephantfolio.lab.scenario.ScenarioRunner;
import dev.elephantfolio.lab.scenario.ScenarioText;
import dev.elephantfolio.lab.scenario.Side;
import dev.elephantfolio.linux.live.LiveMachine;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.List;
import java.util.function.Function;
import picocli.CommandLine.Command;
import picocli.CommandLine.Mixin;
import picocli.CommandLine.Option;
import picocli.CommandLine.Parameters;

/** {@code efolio scenario}: runs scripts of memory calls and checks what they expect. */
@Command(
    name = "scenario",
    description =
        "Run scripts of memory calls and check what they expect; docs/scenario.md has the"
            + " language.",
    footer = {
      "",
      "Example:",
      "  efolio scenario examples/first.efs",
    })
final class ScenarioCommand extends FolioCommand {
  @Parameters(paramLabel = "FILE", arity = "1..*", description = "Scenario files.")
  List<Path> files = List.of();

  @Mixin GenerationOption generation = new GenerationOption();

  @Option(
      names = "--json",
      description =
          "Report as JSON; with several files one object a line. docs/scenario.md describes it.")
  boolean json;

  @Option(
      names = "--live",
      description =
          "Run on the kernel of this machine, which takes root; its settings are put back"
              + " afterwards.")
  boolean live;

  @Override
  public Integer call() {
    generation.require();
    List<Scenario> scenarios = files.stream().map(ScenarioParser::read).toList();
    return live ? runLive(scenarios) : run(scenarios, ScenarioCommand::engine);
  }

  private int runLive(List<Scenario> scenarios) {
    List<Scenario> possible = new ArrayList<>();
    for (Scenario scenario : scenarios) {
      LiveSide.whyNot(scenario).ifPresentOrElse(this::sayNotRun, () -> possible.add(scenario));
    }
    int code = possible.isEmpty() ? ExitCode.DONE : runPossible(possible);
    boolean allRun = possible.size() == scenarios.size();
    return allRun || code != ExitCode.DONE ? code : ExitCode.BAD_INPUT;
  }

  private void sayNotRun(String why) {
    say(why + ": not run");
  }

  private int runPossible(List<Scenario> scenarios) {
    try (LiveMachine machine = LiveSide.machine(this::say)) {
      return run(scenarios, _ -> LiveSide.on(machine));
    }
  }

  private static Side engine(Scenario scenario) {
    return EngineSide.open(scenario.machine());
  }

  private int run(List<Scenario> scenarios, Function<Scenario, Side> sideFor) {
    boolean ok = true;
    for (Scenario scenario : scenarios) {
      try (Side side = sideFor.apply(scenario)) {
        ScenarioReport report = ScenarioRunner.run(scenario, side);
        print(report);
        ok &= report.ok();
      }
    }
    return ok ? ExitCode.DONE : ExitCode.NO;
  }

  private void print(ScenarioReport report) {
    if (!json) {
      out().print(ScenarioText.of(report));
    } else if (files.size() == 1) {
      printJson(ScenarioJson.of(report));
    } else {
      out().println(ScenarioJson.of(report));
    }
    out().flush();
  }
}
