package dev.elephantfolio.engine.sync;

import java.util.Objects;
import java.util.OptionalLong;
import java.util.function.Supplier;
import org.jspecify.annotations.Nullable;

/**
 * Runs a race under many schedules, until one fails or there are enough.
 *
 * <p>First it learns which places the tasks share, by a number of schedules that depend on nothing
 * but the race; so that a seed stands for one schedule, today and tomorrow. Every schedule has a
 * fresh {@link Trial}. Everything happens on virtual threads, one at a time. Used by one thread.
 */
public final class Exploration {
  private static final int LEARNING_RUNS = 48;
  private static final long POINTS_MAX = 5_000_000;

  /** Told after each schedule; used by the thread that explores. */
  public interface Progress {
    Progress NONE = _ -> {};

    void schedules(long done);
  }

  private final Supplier<Trial> setUp;
  private final SharedPlaces places = new SharedPlaces();
  private int pointsMax = 1;
  private boolean learnt;

  /** How a schedule ended. */
  private record RunEnd(Schedule schedule, boolean abandoned, @Nullable Throwable failure) {}

  /**
   * @param setUp makes the state that a schedule begins with, always the same
   */
  public Exploration(Supplier<Trial> setUp) {
    this.setUp = setUp;
  }

  /**
   * Runs schedules.
   *
   * @param schedulesMax how many at most
   */
  public ExplorationResult explore(Strategy strategy, long schedulesMax, Progress progress) {
    return Threads.onVirtualThread(() -> exploreHere(strategy, schedulesMax, progress));
  }

  /**
   * Runs one schedule again and tells what happens.
   *
   * @param names says what places are; what it does not know is described by the place itself
   */
  public Story replay(Schedule schedule, PlaceNames names) {
    return Threads.onVirtualThread(() -> {
      try (SyncPoints.Activation _ = SyncPoints.activate()) {
        learnPlaces();
        StoryWatch watch = new StoryWatch(places, names);
        RunEnd end = run(new ReplayScheduler(schedule), watch);
        return watch.story(end.failure);
      }
    });
  }

  /**
   * Checks that the hash by which states are told apart leaves nothing out, by random schedules.
   *
   * @return how often a state was met again
   * @throws IllegalStateException when from equal states equal choices led to different ones
   */
  public long auditStates(long firstSeed, long schedules) {
    return Threads.onVirtualThread(() -> {
      try (SyncPoints.Activation _ = SyncPoints.activate()) {
        RunEnd _ = learnPlaces();
        StateAudit audit = new StateAudit();
        for (long done = 0; done < schedules && audit.broken().isEmpty(); done++) {
          audit.seed(firstSeed + done);
          RunEnd _ = run(audit, new ExploringWatch(places));
        }
        if (!audit.broken().isEmpty()) {
          throw new IllegalStateException(audit.broken());
        }
        return audit.repeated();
      }
    });
  }

  private ExplorationResult exploreHere(Strategy strategy, long schedulesMax, Progress progress) {
    try (SyncPoints.Activation _ = SyncPoints.activate()) {
      RunEnd early = learnPlaces();
      ExplorationResult result = exploreLearnt(strategy, schedulesMax, progress);
      boolean missed = early != null && result.failed().isEmpty() && !result.exhausted();
      return missed
          ? ExplorationResult.failed(
              result.schedules(),
              result.states(),
              failure(Objects.requireNonNull(early), OptionalLong.empty()))
          : result;
    }
  }

  private ExplorationResult exploreLearnt(Strategy strategy, long schedulesMax, Progress progress) {
    return switch (strategy) {
      case Strategy.RandomWalk walk ->
          sample(walk.seed(), schedulesMax, progress, Scheduler::random);
      case Strategy.Pct pct ->
          sample(
              pct.seed(),
              schedulesMax,
              progress,
              seed -> Scheduler.pct(seed, pct.changes(), pointsMax));
      case Strategy.Exhaustive all -> exhaust(all, schedulesMax, progress);
    };
  }

  /** Makes known which places are shared; gives the first run that failed, if one did. */
  private @Nullable RunEnd learnPlaces() {
    RunEnd failed = null;
    for (int run = 0; run < LEARNING_RUNS && !learnt; run++) {
      Scheduler scheduler = run % 2 == 0 ? Scheduler.random(run) : Scheduler.pct(run, 2, pointsMax);
      RunEnd end = run(scheduler, new ExploringWatch(places));
      failed = failed == null && end.failure != null ? end : failed;
    }
    learnt = true;
    places.settle();
    return failed;
  }

  /** Makes the scheduler of a seed. */
  private interface BySeed {
    Scheduler scheduler(long seed);
  }

  private ExplorationResult sample(
      long firstSeed, long schedulesMax, Progress progress, BySeed bySeed) {
    for (long done = 0; done < schedulesMax; done++) {
      RunEnd end = run(bySeed.scheduler(firstSeed + done), new SettledWatch(places));
      if (end.failure != null) {
        return ExplorationResult.failed(
            done + 1, 0, failure(end, OptionalLong.of(firstSeed + done)));
      }
      progress.schedules(done + 1);
    }
    return ExplorationResult.sampled(schedulesMax);
  }

  private ExplorationResult exhaust(Strategy.Exhaustive all, long schedulesMax, Progress progress) {
    ExhaustiveScheduler scheduler = new ExhaustiveScheduler(all.preemptionsMax());
    places.learn();
    try {
      return exhaust(scheduler, schedulesMax, progress);
    } finally {
      places.settle();
    }
  }

  private ExplorationResult exhaust(
      ExhaustiveScheduler scheduler, long schedulesMax, Progress progress) {
    long done = 0;
    while (done < schedulesMax) {
      if (!scheduler.next()) {
        return ExplorationResult.exhausted(done, scheduler.states(), scheduler.preemptions());
      }
      int known = places.size();
      RunEnd end = run(scheduler, new ExploringWatch(places));
      done++;
      if (end.failure != null) {
        return ExplorationResult.failed(
            done, scheduler.states(), failure(end, OptionalLong.empty()));
      }
      if (places.size() != known) {
        scheduler.startOver();
      }
      progress.schedules(done);
    }
    return ExplorationResult.unfinished(done, scheduler.states(), scheduler.preemptions());
  }

  private static FailedSchedule failure(RunEnd end, OptionalLong seed) {
    Throwable cause = end.failure;
    if (cause == null) {
      throw new IllegalStateException("no failure");
    }
    return new FailedSchedule(end.schedule, seed, cause);
  }

  /** One schedule, on a fresh trial. */
  private RunEnd run(Scheduler scheduler, RunWatch watch) {
    places.nextRun();
    Trial trial = prepare();
    ScheduledRun run = new ScheduledRun(scheduler, POINTS_MAX, trial.tasks(), watch);
    Throwable failure = null;
    try {
      RunSummary _ = run.run();
      if (!run.isAbandoned()) {
        scheduler.ended(trial::digest);
        trial.check();
      }
    } catch (RuntimeException | Error e) {
      failure = e;
    }
    pointsMax = learnt ? pointsMax : (int) Math.max(pointsMax, run.syncPoints());
    return new RunEnd(run.schedule(), run.isAbandoned(), failure);
  }

  private Trial prepare() {
    PlaceIds.beginSetUp();
    try {
      return setUp.get();
    } finally {
      PlaceIds.endSetUp();
    }
  }
}
