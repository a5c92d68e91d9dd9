package dev.elephantfolio.engine.sync;

import java.util.List;

/** How the tasks of a run share time. */
public sealed interface ThreadModel permits RealThreads, ScheduledThreads {
  /**
   * Runs the tasks to their ends.
   *
   * @throws TaskFailure when a task threw (its cause), or with a scheduler when the tasks deadlock
   *     or come to no end
   */
  RunSummary run(List<Task> tasks);

  /** A thread for each task; the operating system shares time out. */
  static ThreadModel real() {
    return new RealThreads();
  }

  /** One task at a time; at every sync point {@code scheduler} picks the next. */
  static ThreadModel scheduled(Scheduler scheduler) {
    return new ScheduledThreads(scheduler, ScheduledThreads.SYNC_POINTS_MAX);
  }

  /** One task at a time; a run that passes {@code syncPointsMax} sync points has failed. */
  static ThreadModel scheduled(Scheduler scheduler, long syncPointsMax) {
    return new ScheduledThreads(scheduler, syncPointsMax);
  }
}
