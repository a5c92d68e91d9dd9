package dev.elephantfolio.lab.replay;

import java.util.List;

/**
 * What became of a recording's events.
 *
 * @param events all of them
 * @param touches recorded page faults and memory references that became accesses
 * @param refusedTouches those that found no memory they may use; a program that lives off its
 *     SIGSEGVs has some of its own
 * @param calls memory calls that were replayed
 * @param failedCalls memory calls that had failed when recorded, and were left out
 * @param refusedCalls memory calls that had succeeded when recorded, and failed in the replay
 * @param otherCalls calls that do not change memory as the engine sees it
 * @param adoptedProcesses processes whose beginning the recording does not hold
 * @param strayEvents events of processes that had ended
 * @param lostEvents events that the recorder lost
 * @param inferredTouches touches in memory that no record explains
 * @param syntheticTouches touches that the importer concluded
 * @param refusals the refused calls, by call and error
 */
public record ReplayCounts(
    long events,
    long touches,
    long refusedTouches,
    long calls,
    long failedCalls,
    long refusedCalls,
    long otherCalls,
    long adoptedProcesses,
    long strayEvents,
    long lostEvents,
    long inferredTouches,
    long syntheticTouches,
    List<Refusal> refusals) {
  public ReplayCounts {
    refusals = List.copyOf(refusals);
  }

  /**
   * Calls that failed in the replay alone.
   *
   * @param call the call's name, such as {@code mmap}
   * @param errno the error's name
   * @param count how often
   * @param firstNanos when first, since the recording's start
   * @param firstPid by which process then
   */
  public record Refusal(String call, String errno, long count, long firstNanos, int firstPid) {}
}
