package dev.elephantfolio.cli;

import dev.elephantfolio.conformance.run.SideFailure;
import dev.elephantfolio.engine.SettingException;
import dev.elephantfolio.lab.Amounts;
import dev.elephantfolio.lab.LabException;
import dev.elephantfolio.linux.LinuxException;
import dev.elephantfolio.trace.RecordingException;
import java.io.IOException;
import java.io.PrintWriter;
import java.io.UncheckedIOException;
import java.nio.file.FileSystemException;
import java.nio.file.NoSuchFileException;
import java.util.List;
import java.util.Objects;
import java.util.stream.Collectors;
import picocli.CommandLine;
import picocli.CommandLine.ParameterException;
import picocli.CommandLine.UnmatchedArgumentException;

/** What is said when something fails: one line that tells what and where, and an exit code. */
final class Failures {
  /** Set to anything but nothing or 0, it has stack traces printed. */
  private static final String DEBUG = "EFOLIO_DEBUG";

  private Failures() {}

  /** A command line that cannot be understood. */
  static int explainBadUse(ParameterException problem, String[] args) {
    CommandLine command = problem.getCommandLine();
    String name = command.getCommandSpec().qualifiedName();
    tell(command, what(problem) + meant(problem) + " (see " + name + " --help)");
    trace(problem, command.getErr());
    return ExitCode.BAD_INPUT;
  }

  private static String what(ParameterException problem) {
    if (problem instanceof UnmatchedArgumentException unmatched
        && !unmatched.isUnknownOption()
        && !problem.getCommandLine().getSubcommands().isEmpty()) {
      return "there is no command '" + unmatched.getUnmatched().getFirst() + "'";
    }
    return String.valueOf(problem.getMessage());
  }

  private static String meant(ParameterException problem) {
    List<String> near =
        problem instanceof UnmatchedArgumentException unmatched
            ? unmatched.getSuggestions()
            : List.of();
    return near.isEmpty() ? "" : "; did you mean '" + near.getFirst() + "'?";
  }

  /** A command that could not do what it was to do. */
  static int explain(Throwable failure, CommandLine command) {
    if (failure instanceof StandardOutput.FailedException output && output.isUnread()) {
      return ExitCode.BROKEN_PIPE;
    }
    tell(command, line(failure));
    trace(failure, command.getErr());
    return ExitCode.BAD_INPUT;
  }

  private static void tell(CommandLine command, String what) {
    String line = what.lines().map(String::strip).collect(Collectors.joining(" "));
    command.getErr().println(command.getCommandSpec().qualifiedName() + ": " + line);
    command.getErr().flush();
  }

  private static String line(Throwable failure) {
    return switch (failure) {
      case BadInputException _,
          LabException _,
          LinuxException _,
          RecordingException _,
          SettingException _,
          SideFailure _,
          StandardOutput.FailedException _ ->
          String.valueOf(failure.getMessage());
      case UncheckedIOException e -> line(Objects.requireNonNull(e.getCause()));
      case NoSuchFileException e -> e.getFile() + ": no such file";
      case FileSystemException e when e.getReason() != null -> e.getFile() + ": " + e.getReason();
      case IOException e when e.getMessage() != null -> e.getMessage();
      case OutOfMemoryError _ -> outOfMemory();
      default -> defect(failure);
    };
  }

  private static String outOfMemory() {
    String heap = Amounts.bytes(Runtime.getRuntime().maxMemory());
    return "out of memory: Java's heap may grow to "
        + heap
        + "; more: JDK_JAVA_OPTIONS=-Xmx16g efolio ...";
  }

  private static String defect(Throwable failure) {
    return "a defect of efolio: " + failure + "; " + DEBUG + "=1 shows where";
  }

  private static void trace(Throwable failure, PrintWriter err) {
    String debug = System.getenv(DEBUG);
    if (debug != null && !debug.isEmpty() && !debug.equals("0")) {
      failure.printStackTrace(err);
    }
  }
}
