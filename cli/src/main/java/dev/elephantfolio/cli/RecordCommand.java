package dev.elephantfolio.cli;

import dev.elephantfolio.lab.Amounts;
import dev.elephantfolio.linux.record.Recorder;
import java.io.IOException;
import java.nio.file.Path;
import java.util.Optional;
import picocli.CommandLine.Command;
import picocli.CommandLine.Option;

/** {@code efolio record}: runs a command and records what it does to memory. */
@Command(
    name = "record",
    description = {
      "Run a command under perf and record what it does to memory, with huge pages off for it"
          + " alone. Needs perf and root; docs/recording.md tells more."
    },
    footer = {
      "",
      "Exit code 1: the command failed; it is recorded all the same.",
      "",
      "Example:",
      "  efolio record -o redis.eft -- ./redis.sh",
    })
final class RecordCommand extends RunningCommand {
  @Option(
      names = {"-o", "--output"},
      paramLabel = "F.eft",
      description = "The recording to write. Without it: the program's name and .eft, here.")
  Optional<Path> output = Optional.empty();

  @Override
  public Integer call() throws IOException {
    Recorder recorder =
        output.map(file -> new Recorder(command, file)).orElseGet(() -> Recorder.of(command));
    new OutputPlace(recorder.output()).check();
    Recorder.Result result = record(recorder);
    ImportNotes.of(result.output(), result.report()).forEach(this::say);
    result.complaint().ifPresent(complaint -> say("perf complained: " + complaint));
    return ended(result.exitCode());
  }

  private Recorder.Result record(Recorder recorder) {
    try (ProgressLine progress = progress("importing", Amounts::bytes)) {
      return recorder.run(progress::at);
    }
  }
}
