package dev.elephantfolio.linux.record;

import dev.elephantfolio.linux.LinuxException;
import dev.elephantfolio.linux.command.Command;
import dev.elephantfolio.linux.command.SignalRelay;
import dev.elephantfolio.linux.command.Trait;
import dev.elephantfolio.linux.proc.ProcFs;
import java.io.IOException;
import java.nio.file.Path;
import java.util.List;
import java.util.Optional;
import java.util.Set;

/**
 * One run of a command under perf, with huge pages off and addresses fixed for it alone.
 *
 * @param commandPid the command's process
 * @param exitCode what it ended with; 128 and the signal's number when a signal ended it
 * @param data what perf wrote, in its own form
 * @param complaint what perf could not do, in a line
 */
record Capture(long commandPid, int exitCode, Path data, Optional<String> complaint) {

  /** Runs the command to its end. Signals meanwhile are the command's. */
  static Capture run(Command command, List<String> tracepoints, TemporaryDirectory directory)
      throws IOException {
    return run(command, tracepoints, directory, PerfSession.bufferBytes());
  }

  /** The same, with a buffer of that size for each CPU; of what does not fit, events are lost. */
  static Capture run(
      Command command, List<String> tracepoints, TemporaryDirectory directory, long bufferBytes)
      throws IOException {
    Set<Trait> traits = Set.of(Trait.HUGE_PAGES_OFF, Trait.FIXED_ADDRESSES);
    try (Gate gate = Gate.hold(command, traits, directory.path())) {
      long pid = gate.process().pid();
      requireHugePagesOff(pid);
      try (PerfSession perf = PerfSession.begin(pid, tracepoints, directory, bufferBytes)) {
        int exitCode = runThrough(gate);
        Optional<String> complaint = perf.end();
        return new Capture(pid, exitCode, perf.data(), complaint);
      }
    }
  }

  /** A recording with huge pages would lack most faults, so none is made. */
  private static void requireHugePagesOff(long pid) {
    boolean on =
        ProcFs.live()
            .statusField(Math.toIntExact(pid), "THP_enabled")
            .filter(enabled -> enabled.equals("1"))
            .isPresent();
    if (on) {
      throw new LinuxException(
          "huge pages cannot be switched off for the command: prctl(PR_SET_THP_DISABLE) does"
              + " nothing here");
    }
  }

  private static int runThrough(Gate gate) throws IOException {
    try (SignalRelay _ = SignalRelay.to(gate.process())) {
      gate.open();
      return gate.process().waitFor();
    } catch (InterruptedException e) {
      Thread.currentThread().interrupt();
      throw new IOException("interrupted", e);
    }
  }
}
