package dev.elephantfolio.lab.replay;

import dev.elephantfolio.engine.stat.VmEvent;
import java.util.Collections;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import java.util.SortedMap;
import java.util.TreeMap;

/**
 * What came of a replay.
 *
 * @param recording what was replayed
 * @param options on what
 * @param processes every process, in order of beginning
 * @param total all of them together
 * @param faults what their page faults led to
 * @param vmstat how far the machine's counters moved, by the kernel's names
 * @param sizes the counters of each size of huge page, by the size's directory name and the
 *     kernel's name of the counter; sizes with nothing to tell are left out
 * @param pagesCollapsed how many huge pages khugepaged made
 * @param counts what became of the recording's events
 */
public record ReplayReport(
    RecordingSummary recording,
    ReplayOptions options,
    List<ProcessReport> processes,
    ReplayTotal total,
    FaultKinds faults,
    SortedMap<String, Long> vmstat,
    Map<String, SortedMap<String, Long>> sizes,
    long pagesCollapsed,
    ReplayCounts counts) {
  private static final long PAGE_BYTES = 4096;

  public ReplayReport {
    processes = List.copyOf(processes);
    vmstat = Collections.unmodifiableSortedMap(new TreeMap<>(vmstat));
    sizes = Collections.unmodifiableMap(new LinkedHashMap<>(sizes));
  }

  /** How far one counter moved. */
  public long count(VmEvent event) {
    return vmstat.getOrDefault(event.kernelName(), 0L);
  }

  /** How much memory was copied because processes shared it and one wrote to it. */
  public long copiedBytes() {
    return faults.copies() * PAGE_BYTES;
  }
}
