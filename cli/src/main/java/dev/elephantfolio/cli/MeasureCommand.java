package dev.elephantfolio.cli;

import dev.elephantfolio.lab.Amounts;
import dev.elephantfolio.linux.measure.Measurement;
import dev.elephantfolio.linux.measure.Truth;
import java.nio.file.Path;
import picocli.CommandLine.Command;
import picocli.CommandLine.Mixin;
import picocli.CommandLine.Option;

/** {@code efolio measure}: what the live kernel really does with a command. */
@Command(
    name = "measure",
    description = {
      "Run a command on the live kernel under given settings, and look every 0.1 s what each of its"
          + " processes has. The settings are put back whatever happens; changing them needs root."
          + " docs/measure.md tells more."
    },
    footer = {
      "",
      "Exit code 1: the command failed; what was seen is written all the same.",
      "",
      "Example:",
      "  efolio measure --set transparent_hugepage/enabled=always -o always.json -- ./redis.sh",
    })
final class MeasureCommand extends RunningCommand {
  @Mixin SettingsOption settings = new SettingsOption();

  @Option(
      names = {"-o", "--output"},
      paramLabel = "OUT.json",
      required = true,
      description = "Where to write what was seen.")
  @SuppressWarnings("NullAway.Init")
  Path output;

  @Override
  public Integer call() {
    Measurement measurement = Measurement.of(settings.settings(), command);
    new OutputPlace(output).check();
    Measurement.Result result = measurement.writeTo(output, this::say);
    result.truth().modes().forEach(this::summarise);
    if (!result.unreadable().isEmpty()) {
      say("no right to look into these processes, run as root: " + result.unreadable());
    }
    return ended(result.exitCode());
  }

  private void summarise(String mode, Truth.Mode seen) {
    say(
        output
            + ": "
            + (mode.isEmpty() ? "" : mode + ": ")
            + Amounts.count(seen.series().size())
            + " looks, at most "
            + Amounts.bytes(seen.peakAnonymousBytes())
            + " anonymous and "
            + Amounts.bytes(seen.peakAnonHugePagesBytes())
            + " of AnonHugePages at one time");
  }
}
