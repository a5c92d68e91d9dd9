package dev.elephantfolio.engine.sync;

import java.util.Optional;

/**
 * What came of running a race under many schedules.
 *
 * @param schedules run, the failing one included; those that only made known what is shared are not
 *     counted, unless one of them failed
 * @param states different states seen; 0 when they were not told apart
 * @param preemptions how often the turn was taken from a task that could go on, at most, in the
 *     schedules run; 0 when this was left to chance
 * @param exhausted whether all schedules that the strategy allows were run
 */
public record ExplorationResult(
    long schedules,
    long states,
    int preemptions,
    boolean exhausted,
    Optional<FailedSchedule> failed) {
  static ExplorationResult failed(long schedules, long states, FailedSchedule failed) {
    return new ExplorationResult(schedules, states, 0, false, Optional.of(failed));
  }

  static ExplorationResult sampled(long schedules) {
    return new ExplorationResult(schedules, 0, 0, false, Optional.empty());
  }

  static ExplorationResult exhausted(long schedules, long states, int preemptions) {
    return new ExplorationResult(schedules, states, preemptions, true, Optional.empty());
  }

  static ExplorationResult unfinished(long schedules, long states, int preemptions) {
    return new ExplorationResult(schedules, states, preemptions, false, Optional.empty());
  }
}
