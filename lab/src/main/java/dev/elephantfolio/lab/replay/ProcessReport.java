package dev.elephantfolio.lab.replay;

import java.util.List;

/**
 * What one process had in a replay.
 *
 * @param pid the recorded one
 * @param comm its name when it had the most memory
 * @param comms all its names, in order
 * @param startNanos when it began, since the recording's start
 * @param endNanos when it ended; the end of the recording if it outlives that
 * @param outlives whether it was still there when the recording ended
 * @param peak the most of each that somebody who looks at it every 0.1 s is likely to see; not
 *     necessarily all at one time
 * @param last what such a somebody is likely to see last
 * @param exactPeak the most it had of each, however short
 * @param exactLast what it had just before it ended
 * @param peakBloatBytes the most anonymous memory it had without having touched it
 * @param bloatBytes what it had of that in the end
 * @param peakPageTableBytes the most memory its page tables took
 * @param faults how many page faults it took, as minflt counts them
 */
public record ProcessReport(
    int pid,
    String comm,
    List<String> comms,
    long startNanos,
    long endNanos,
    boolean outlives,
    MemoryFigures peak,
    MemoryFigures last,
    MemoryFigures exactPeak,
    MemoryFigures exactLast,
    long peakBloatBytes,
    long bloatBytes,
    long peakPageTableBytes,
    long faults) {
  public ProcessReport {
    comms = List.copyOf(comms);
  }
}
