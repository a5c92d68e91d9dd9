package dev.elephantfolio.cli;

import static java.nio.charset.StandardCharsets.UTF_8;

import java.io.OutputStreamWriter;
import java.io.PrintWriter;
import picocli.CommandLine;
import picocli.CommandLine.Command;
import picocli.CommandLine.HelpCommand;
import picocli.CommandLine.ParseResult;
import picocli.CommandLine.RunLast;

/** The command {@code efolio}. */
@Command(
    name = "efolio",
    description =
        "Record what a program does to memory, replay it under any huge-page policy, compare.",
    mixinStandardHelpOptions = true,
    subcommands = {
      RecordCommand.class,
      ImportCommand.class,
      MeasureCommand.class,
      TraceCommand.class,
      ReplayCommand.class,
      CompareCommand.class,
      AdviseCommand.class,
      ScenarioCommand.class,
      ConformCommand.class,
      RaceCommand.class,
      BenchCommand.class,
      HelpCommand.class
    },
    synopsisSubcommandLabel = "COMMAND",
    exitCodeListHeading = "%nExit codes:%n",
    exitCodeList = {
      ExitCode.DONE + ":done",
      ExitCode.NO
          + ":the answer is no: a program that was run failed, a scenario or a race did not hold,"
          + " or the kernel differs",
      ExitCode.BAD_INPUT + ":bad use or bad input; one line says what and where",
    },
    footerHeading = "%nA first session:%n",
    footer = {
      "  efolio record -o redis.eft -- ./redis.sh",
      "  efolio compare redis.eft",
      "  efolio help compare",
    },
    versionProvider = Version.class)
public final class Main {
  private Main() {}

  public static void main(String[] args) {
    CommandLine efolio =
        commandLine()
            .setOut(StandardOutput.writer())
            .setErr(new PrintWriter(new OutputStreamWriter(System.err, UTF_8), true));
    System.exit(efolio.execute(args));
  }

  static CommandLine commandLine() {
    CommandLine efolio =
        new CommandLine(new Main())
            .setExecutionStrategy(Main::run)
            .setParameterExceptionHandler(Failures::explainBadUse)
            .setExecutionExceptionHandler(
                (failure, command, _) -> Failures.explain(failure, command))
            // A recorded command's arguments are its own, also one that begins with @.
            .setExpandAtFiles(false);
    for (CommandLine command : efolio.getSubcommands().values()) {
      // Options behind a program's name are the program's.
      command.setStopAtPositional(command.getCommand() instanceof RunningCommand);
    }
    return efolio;
  }

  /** Runs the command asked for, or shows the help asked for. */
  private static int run(ParseResult asked) {
    CommandLine command = asked.asCommandLineList().getLast();
    try {
      int code = new RunLast().execute(asked);
      command.getOut().flush();
      return code;
    } catch (StandardOutput.FailedException | Error failure) {
      return Failures.explain(failure, command);
    }
  }
}
