package dev.elephantfolio.trace.perf;

import java.util.Map;
import java.util.Set;

/**
 * What the text itself does not say.
 *
 * @param command what was recorded; empty: the root process's file
 * @param kernelRelease the recorded machine's kernel; empty: what perf's header says, if printed
 * @param cpuCount the recorded machine's CPUs; 0: what perf's header says, or the CPUs seen
 * @param rootPids the processes the recording is of, with their descendants; empty: the one that
 *     perf launched, or the first that does anything
 * @param settings settings in force while recording, by the kernel's names
 * @param execMaps memory maps at exec, if someone saw them
 */
public record PerfImportOptions(
    String command,
    String kernelRelease,
    int cpuCount,
    Set<Integer> rootPids,
    Map<String, String> settings,
    ExecMaps execMaps) {

  public PerfImportOptions {
    rootPids = Set.copyOf(rootPids);
    settings = Map.copyOf(settings);
  }

  /** Nothing but the text. */
  public static PerfImportOptions defaults() {
    return new PerfImportOptions("", "", 0, Set.of(), Map.of(), ExecMaps.NONE);
  }
}
