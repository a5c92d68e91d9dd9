package dev.elephantfolio.linux.record;

import dev.elephantfolio.linux.LinuxException;
import dev.elephantfolio.linux.command.Command;
import dev.elephantfolio.linux.proc.ProcFs;
import dev.elephantfolio.trace.RecordingHeader;
import dev.elephantfolio.trace.RecordingWriter;
import dev.elephantfolio.trace.perf.ExecMaps;
import dev.elephantfolio.trace.perf.ImportProgress;
import dev.elephantfolio.trace.perf.ImportReport;
import dev.elephantfolio.trace.perf.PerfImportOptions;
import dev.elephantfolio.trace.perf.PerfImporter;
import java.io.IOException;
import java.nio.file.Path;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import java.util.Set;

/**
 * Records what a command does to memory, by perf's tracepoints, with huge pages off for it alone.
 * The command has our standard streams; while it runs, signals are its own.
 *
 * <p>To be run on a platform thread, one at a time in a JVM.
 *
 * @param command the program and its arguments
 * @param output where the recording is written, over what was there
 */
public record Recorder(List<String> command, Path output) {
  public Recorder {
    command = List.copyOf(command);
  }

  /** Records into a file of the program's name in the current directory. */
  public static Recorder of(List<String> command) {
    return new Recorder(command, Path.of(Command.of(command).name() + ".eft"));
  }

  /**
   * What came of it.
   *
   * @param output the recording
   * @param exitCode the command's; 128 and the signal's number when a signal ended it
   * @param report what was imported; its lost events are worth showing
   * @param complaint what perf could not do, in a line; the recording is what it did
   */
  public record Result(
      Path output, int exitCode, ImportReport report, Optional<String> complaint) {}

  /**
   * Runs the command to its end and writes its recording. What the user may have got wrong is found
   * before the command runs.
   *
   * @param progress is told now and then how much of perf's text was imported; its length is not
   *     known
   * @throws LinuxException when anything stands in the way; then nothing is written
   */
  public Result run(ImportProgress progress) {
    PerfProgram.require();
    Command checked = Command.of(command);
    List<String> tracepoints = Tracepoints.available();
    try {
      checkOutput();
      return run(checked, tracepoints, progress);
    } catch (IOException e) {
      throw new LinuxException(reason(e), e);
    }
  }

  /** A writer that is closed without commit leaves nothing. */
  private void checkOutput() throws IOException {
    RecordingWriter.create(output, RecordingHeader.of("", "", 0, "")).close();
  }

  private Result run(Command checked, List<String> tracepoints, ImportProgress progress)
      throws IOException {
    try (TemporaryDirectory directory = TemporaryDirectory.make()) {
      Capture capture = Capture.run(checked, tracepoints, directory);
      ImportReport report = importText(capture, directory, progress);
      return new Result(output, capture.exitCode(), report, capture.complaint());
    }
  }

  private ImportReport importText(
      Capture capture, TemporaryDirectory directory, ImportProgress progress) throws IOException {
    try (PerfScript script = PerfScript.print(capture, directory)) {
      if (!script.text().begin()) {
        throw new LinuxException(
            command.getFirst() + ": was not executed; exit code " + capture.exitCode());
      }
      return new PerfImporter(options(capture, script.maps()))
          .importStream(script.text(), "perf's recording", output, progress);
    }
  }

  private PerfImportOptions options(Capture capture, ExecMaps maps) {
    return new PerfImportOptions(
        String.join(" ", command),
        ProcFs.live().kernelRelease(),
        Runtime.getRuntime().availableProcessors(),
        Set.of(Math.toIntExact(capture.commandPid())),
        Map.of(),
        maps);
  }

  private static String reason(IOException e) {
    String message = e.getMessage();
    return message == null ? e.toString() : message;
  }
}
