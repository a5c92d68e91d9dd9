package dev.elephantfolio.cli;

import dev.elephantfolio.trace.RecordingException;
import dev.elephantfolio.trace.RecordingPrinter;
import dev.elephantfolio.trace.RecordingReader;
import dev.elephantfolio.trace.RecordingSummary;
import java.io.IOException;
import picocli.CommandLine.Command;
import picocli.CommandLine.Mixin;
import picocli.CommandLine.Option;

/** {@code efolio trace}: looks into a recording. */
@Command(
    name = "trace",
    description = "Look into a recording.",
    synopsisSubcommandLabel = "COMMAND",
    subcommands = {TraceCommand.CatCommand.class, TraceCommand.InfoCommand.class})
final class TraceCommand {
  @Option(
      names = {"-h", "--help"},
      usageHelp = true,
      description = "Show this help and exit.")
  boolean helpWanted;

  /** {@code efolio trace cat}. */
  @Command(
      name = "cat",
      description = {
        "Print a recording's events, one a line: seconds, pid/tid, kind, arguments, and of a call"
            + " what it returned."
      })
  static final class CatCommand extends FolioCommand {
    @Mixin RecordingOption recording = new RecordingOption();

    @Override
    public Integer call() throws IOException {
      try (RecordingReader reader = recording.open()) {
        RecordingPrinter.print(reader, out());
        reader.damage().map(RecordingException::getMessage).ifPresent(this::say);
      }
      return ExitCode.DONE;
    }
  }

  /** {@code efolio trace info}. */
  @Command(
      name = "info",
      description = "Say what a recording holds: of which command, how much, of which processes.")
  static final class InfoCommand extends FolioCommand {
    @Mixin RecordingOption recording = new RecordingOption();

    @Option(names = "--json", description = "As JSON.")
    boolean json;

    @Override
    public Integer call() throws IOException {
      RecordingSummary summary = RecordingSummary.of(recording.file, recording.mode());
      if (json) {
        printJson(RecordingInfo.json(recording.file, summary));
        summary.damage().ifPresent(this::say);
      } else {
        RecordingInfo.print(recording.file, summary, out());
      }
      return ExitCode.DONE;
    }
  }
}
