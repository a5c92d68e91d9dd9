package dev.elephantfolio.cli;

import com.fasterxml.jackson.core.JsonProcessingException;
import com.fasterxml.jackson.databind.ObjectMapper;
import com.fasterxml.jackson.databind.node.ObjectNode;
import dev.elephantfolio.lab.replay.RecordingSummary;
import dev.elephantfolio.lab.replay.ReplayReport;
import java.io.IOException;
import java.io.PrintWriter;
import java.util.concurrent.Callable;
import java.util.function.LongFunction;
import picocli.CommandLine.Model.CommandSpec;
import picocli.CommandLine.Option;
import picocli.CommandLine.Spec;

/**
 * A command of {@code efolio}: results go to standard output, everything else that is worth saying
 * to standard error. picocli makes it and fills its fields.
 */
abstract class FolioCommand implements Callable<Integer> {
  @Spec
  @SuppressWarnings("NullAway.Init")
  CommandSpec spec;

  @Option(
      names = {"-h", "--help"},
      usageHelp = true,
      description = "Show this help and exit.")
  boolean helpWanted;

  /**
   * Does it.
   *
   * @return an {@link ExitCode}
   */
  @Override
  public abstract Integer call() throws IOException;

  final PrintWriter out() {
    return spec.commandLine().getOut();
  }

  /** Says something by the way, in a line. */
  final void say(String line) {
    out().flush();
    PrintWriter err = spec.commandLine().getErr();
    err.println(spec.qualifiedName() + ": " + line);
    err.flush();
  }

  final void printJson(ObjectNode json) {
    try {
      out().println(new ObjectMapper().writerWithDefaultPrettyPrinter().writeValueAsString(json));
    } catch (JsonProcessingException e) {
      throw new IllegalStateException(e);
    }
  }

  /**
   * Makes sure that there was something to replay: figures of nothing would look like an answer.
   *
   * @throws BadInputException when the recording, or what could be salvaged of it, is empty
   */
  static void requireEvents(ReplayReport report) {
    if (report.counts().events() == 0) {
      RecordingSummary recording = report.recording();
      throw new BadInputException(
          recording.damage().orElse(recording.file() + ": the recording holds no event"));
    }
  }

  final ProgressLine progress(String doing, LongFunction<String> amount) {
    return ProgressLine.begin(spec.commandLine().getErr(), doing, amount);
  }
}
