package dev.elephantfolio.cli;

import java.util.List;
import picocli.CommandLine.Parameters;

/** A command of {@code efolio} that runs a program of the user's. */
abstract class RunningCommand extends FolioCommand {
  private static final int SIGNALLED = 128;
  private static final int SIGNALS = 64;

  @Parameters(
      arity = "1..*",
      paramLabel = "COMMAND",
      description = "The program and its arguments.")
  List<String> command = List.of();

  /**
   * Says how the program ended unless that is as usual.
   *
   * @param code what it ended with; 128 and the signal's number when a signal ended it
   * @return what {@code efolio} is to end with
   */
  final int ended(int code) {
    if (code == 0) {
      return ExitCode.DONE;
    }
    boolean signalled = code > SIGNALLED && code <= SIGNALLED + SIGNALS;
    String signal = signalled ? " (signal " + (code - SIGNALLED) + ")" : "";
    say(command.getFirst() + " ended with exit code " + code + signal);
    return ExitCode.NO;
  }
}
