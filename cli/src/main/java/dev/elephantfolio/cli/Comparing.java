package dev.elephantfolio.cli;

import dev.elephantfolio.lab.Amounts;
import dev.elephantfolio.lab.compare.Comparer;
import dev.elephantfolio.lab.compare.Comparison;
import dev.elephantfolio.lab.policy.Policy;
import dev.elephantfolio.lab.replay.ReplayOptions;
import java.io.IOException;
import java.util.List;
import picocli.CommandLine.Mixin;
import picocli.CommandLine.Option;

/** A command that replays a recording under several policies. */
abstract class Comparing extends FolioCommand {
  @Mixin RecordingOption recording = new RecordingOption();
  @Mixin PoliciesOption policies = new PoliciesOption();

  @Option(names = "--json", description = "As JSON; docs/json.md describes it.")
  boolean json;

  final Comparison compare(List<Policy> chosen, ReplayOptions options) throws IOException {
    long total = recording.eventCount() * chosen.size();
    try (ProgressLine progress = progress("replaying", n -> Amounts.count(n) + " events")) {
      Comparison comparison =
          new Comparer(recording.file, recording.mode(), options)
              .compare(chosen, events -> progress.at(events, total));
      requireEvents(comparison.anyReport());
      return comparison;
    }
  }

  /** What is said of a damaged recording where the result itself does not. */
  final void sayDamage(Comparison comparison) {
    comparison.anyReport().recording().damage().ifPresent(this::say);
  }
}
