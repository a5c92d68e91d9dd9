package dev.elephantfolio.trace.perf;

import dev.elephantfolio.trace.RecordedRegion;
import java.util.List;

/**
 * Memory maps at exec as someone saw them, for importers who need not guess: a recorder that reads
 * {@code /proc/PID/maps} when a program starts.
 */
@FunctionalInterface
public interface ExecMaps {
  /** Nobody looked. */
  ExecMaps NONE = (_, _, _, _) -> List.of();

  /**
   * The map that an exec began with.
   *
   * @param pid the process
   * @param execOfProcess 0 for the process's first exec in the recording, 1 for its second, ...
   * @param comm its new name
   * @param file the file it was given; empty if not known
   * @return all regions, among them the heap's start if known; empty if nobody looked
   */
  List<RecordedRegion> at(int pid, int execOfProcess, String comm, String file);
}
