package dev.elephantfolio.lab.replay;

import dev.elephantfolio.engine.Machine;
import dev.elephantfolio.engine.stat.ThpStat;
import dev.elephantfolio.engine.stat.VmEvent;
import java.util.Collections;
import java.util.Map;
import java.util.SortedMap;
import java.util.TreeMap;

/**
 * What page faults led to. A fault that finds its work done already, or splits a huge page and is
 * taken again, is only in the total.
 *
 * @param all all faults, as {@code pgfault} counts them
 * @param hugePages a PMD-mapped huge page was mapped
 * @param largeFolios a smaller large folio was mapped, by its size in KiB
 * @param smallPages a 4 KiB page was mapped
 * @param zeroPages the page of zeroes was mapped for a read
 * @param hugeZeroPages the huge page of zeroes was mapped for a read
 * @param filePages a page of a file, or of shared memory, was mapped
 * @param fileCopies a page of a file was copied for a private write
 * @param copies a shared page was copied for a write
 * @param reuses a page that was shared no longer became writable
 */
public record FaultKinds(
    long all,
    long hugePages,
    SortedMap<Integer, Long> largeFolios,
    long smallPages,
    long zeroPages,
    long hugeZeroPages,
    long filePages,
    long fileCopies,
    long copies,
    long reuses) {
  private static final int SMALLEST_ORDER = 2;
  private static final int PMD_ORDER = 9;

  public FaultKinds {
    largeFolios = Collections.unmodifiableSortedMap(new TreeMap<>(largeFolios));
  }

  /** Faults that mapped a folio larger than a page but smaller than a huge page. */
  public long largeFolioFaults() {
    long sum = 0;
    for (long count : largeFolios.values()) {
      sum += count;
    }
    return sum;
  }

  /** From how far the counters of a machine have moved. */
  static FaultKinds of(Machine machine, Map<String, Long> vmstat) {
    SortedMap<Integer, Long> folios = new TreeMap<>();
    for (int order = SMALLEST_ORDER; order < PMD_ORDER; order++) {
      long count = machine.kernel().thpStats().get(order, ThpStat.ANON_FAULT_ALLOC);
      if (count > 0) {
        folios.put(4 << order, count);
      }
    }
    return new FaultKinds(
        get(vmstat, VmEvent.PGFAULT),
        get(vmstat, VmEvent.THP_FAULT_ALLOC),
        folios,
        get(vmstat, VmEvent.FAULT_ANON_SMALL),
        get(vmstat, VmEvent.FAULT_ZERO_PAGE),
        get(vmstat, VmEvent.FAULT_HUGE_ZERO_PAGE),
        get(vmstat, VmEvent.FAULT_FILE_MAPPED),
        get(vmstat, VmEvent.FAULT_FILE_COPIED),
        get(vmstat, VmEvent.COW_COPY),
        get(vmstat, VmEvent.PGREUSE));
  }

  private static long get(Map<String, Long> vmstat, VmEvent event) {
    return vmstat.getOrDefault(event.kernelName(), 0L);
  }
}
