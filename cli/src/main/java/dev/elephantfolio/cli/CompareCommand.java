package dev.elephantfolio.cli;

import dev.elephantfolio.lab.compare.Comparison;
import dev.elephantfolio.lab.compare.ComparisonJson;
import dev.elephantfolio.lab.compare.ComparisonTable;
import dev.elephantfolio.lab.replay.ReplayOptions;
import java.io.IOException;
import picocli.CommandLine.Command;
import picocli.CommandLine.Mixin;

/** {@code efolio compare}: one recording, several policies, one table. */
@Command(
    name = "compare",
    description = "Replay a recording under several policies and show the results side by side.",
    footer = {
      "",
      "Settings of --set hold under every policy that does not say otherwise.",
      "",
      "Example:",
      "  efolio compare examples/redis.eft --policy never --policy always",
    })
final class CompareCommand extends Comparing {
  @Mixin SettingsOption settings = new SettingsOption();

  @Override
  public Integer call() throws IOException {
    ReplayOptions options = ReplayOptions.with(settings.ofEngine());
    Comparison comparison = compare(policies.policies(), options);
    if (json) {
      printJson(ComparisonJson.of(comparison));
      sayDamage(comparison);
    } else {
      out().print(ComparisonTable.of(comparison));
    }
    return ExitCode.DONE;
  }
}
