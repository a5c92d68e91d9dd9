package dev.elephantfolio.cli;

import dev.elephantfolio.lab.compare.Advice;
import dev.elephantfolio.lab.compare.Adviser;
import dev.elephantfolio.lab.compare.Comparison;
import dev.elephantfolio.lab.compare.ComparisonJson;
import dev.elephantfolio.lab.compare.ComparisonTable;
import dev.elephantfolio.lab.replay.ReplayOptions;
import java.io.IOException;
import java.util.Map;
import java.util.regex.Pattern;
import picocli.CommandLine.Command;
import picocli.CommandLine.Option;

/** {@code efolio advise}: which policy does best for a recording. */
@Command(
    name = "advise",
    description = "Compare policies for a recording and say which one does best.",
    footer = {
      "",
      "Example:",
      "  efolio advise examples/redis.eft --memory-budget 5",
    })
final class AdviseCommand extends Comparing {
  private static final double PERCENT = 100;
  private static final String ITEM = "- ";
  private static final Pattern PERCENTAGE = Pattern.compile("([0-9]{1,6}(?:\\.[0-9]{1,6})?)%?");

  @Option(
      names = "--memory-budget",
      paramLabel = "PCT",
      description = {
        "By how many percent the memory used may grow over 'never'. Without it:"
            + " ${DEFAULT-VALUE}."
      })
  String memoryBudget = Long.toString(Math.round(Adviser.DEFAULT_MEMORY_BUDGET * PERCENT));

  @Override
  public Integer call() throws IOException {
    double budget = budget();
    Comparison comparison =
        compare(Adviser.withBaseline(policies.policies()), ReplayOptions.with(Map.of()));
    Advice advice = Adviser.advise(comparison, budget);
    if (json) {
      printJson(ComparisonJson.of(advice));
      sayDamage(comparison);
    } else {
      print(advice);
    }
    return ExitCode.DONE;
  }

  private double budget() {
    var percentage = PERCENTAGE.matcher(memoryBudget);
    if (!percentage.matches()) {
      throw new BadInputException(
          "--memory-budget takes percent, such as 10, not '" + memoryBudget + "'");
    }
    return Double.parseDouble(percentage.group(1)) / PERCENT;
  }

  private void print(Advice advice) {
    out().print(ComparisonTable.of(advice.comparison()));
    out().println();
    out().println(Paragraph.of(advice.sentence()));
    out().println();
    advice.caveats().forEach(caveat -> out().println(Paragraph.of(ITEM, caveat)));
  }
}
