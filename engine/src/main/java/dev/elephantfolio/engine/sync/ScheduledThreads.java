package dev.elephantfolio.engine.sync;

import java.util.List;

/** One task at a time, in the order that a scheduler picks. */
final class ScheduledThreads implements ThreadModel {
  static final long SYNC_POINTS_MAX = 1_000_000_000;

  private final Scheduler scheduler;
  private final long syncPointsMax;

  ScheduledThreads(Scheduler scheduler, long syncPointsMax) {
    this.scheduler = scheduler;
    this.syncPointsMax = syncPointsMax;
  }

  @Override
  public RunSummary run(List<Task> tasks) {
    try (SyncPoints.Activation _ = SyncPoints.activate()) {
      return new ScheduledRun(scheduler, syncPointsMax, tasks, new RunWatch.Plain()).run();
    }
  }
}
