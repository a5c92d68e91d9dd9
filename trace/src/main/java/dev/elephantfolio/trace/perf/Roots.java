package dev.elephantfolio.trace.perf;

import dev.elephantfolio.trace.RecordedRegion;
import java.util.ArrayList;
import java.util.HashMap;
import java.util.List;
import java.util.Map;
import java.util.Set;

/**
 * Decides which process the recording is of, unless the importer was told: the one that perf
 * launched, else the first that does anything and is neither idle nor perf itself. Everything that
 * descends from it belongs to the recording, and nothing else does.
 */
final class Roots {
  private final Set<Integer> chosen;
  private final Map<Integer, List<RecordedRegion>> mappedBefore = new HashMap<>();
  private int launchedPid = -1;
  private boolean found;

  Roots(Set<Integer> chosen) {
    this.chosen = chosen;
  }

  /** A name that a process had before the recording: perf gives its child this one. */
  void named(int pid, String comm) {
    if (comm.equals("perf-exec")) {
      launchedPid = pid;
    }
  }

  /** A mapping that a process had before the recording. */
  void mappedBefore(int pid, RecordedRegion region) {
    mappedBefore.computeIfAbsent(pid, _ -> new ArrayList<>()).add(region);
  }

  /** What the process had mapped before the recording, as far as perf told. */
  List<RecordedRegion> mappedBefore(int pid) {
    return mappedBefore.getOrDefault(pid, List.of());
  }

  /** Whether a process begins the recording by this exec. */
  boolean isRootByExec(int pid) {
    if (!chosen.isEmpty()) {
      return chosen.contains(pid);
    }
    return !found && (launchedPid < 0 || launchedPid == pid);
  }

  /** Whether a process that does something without having exec'd begins the recording. */
  boolean isRootByPresence(int pid, PerfLine line) {
    if (!chosen.isEmpty()) {
      return chosen.contains(pid);
    }
    return !found && launchedPid < 0 && pid > 0 && !line.comm().startsWith("perf");
  }

  /** A root was found. */
  void found() {
    found = true;
  }
}
