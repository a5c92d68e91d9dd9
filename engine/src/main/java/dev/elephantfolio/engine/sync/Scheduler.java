package dev.elephantfolio.engine.sync;

import java.util.function.LongSupplier;

/**
 * Picks who runs next in a scheduled run. Calls come one at a time, and the answers alone determine
 * the run.
 */
public interface Scheduler {
  /** An answer of {@link #pick}: what follows is known, the run may end here. */
  int ABANDON = -2;

  /** A run of {@code tasks} tasks, numbered from 0, starts (over). */
  void start(int tasks);

  /**
   * As {@link #start(int)}.
   *
   * @param stateHash gives, during a pick, a hash of all that the rest of the run depends on; 0
   *     where a run does not keep it
   */
  default void start(int tasks, LongSupplier stateHash) {
    start(tasks);
  }

  /**
   * Picks the task to go on.
   *
   * @param running the task that reached the point; -1 when it cannot go on (or none has run yet)
   * @param point what it is about to do
   * @param runnable the numbers of the tasks that can go on, ascending
   * @param count how many of {@code runnable} count; at least 1
   * @return one of them, or {@link #ABANDON}
   */
  int pick(int running, SyncPoint point, int[] runnable, int count);

  /**
   * All tasks have ended.
   *
   * @param digest gives a number for the state they ended in
   */
  default void ended(LongSupplier digest) {}

  /** How to get the same schedule again, for messages: "seed 42". */
  String describe();

  /** At every point any runnable task, all equally likely, determined by the seed. */
  static Scheduler random(long seed) {
    return new RandomScheduler(seed);
  }

  /**
   * Probabilistic concurrency testing: see {@link PctScheduler}.
   *
   * @param changes how often priorities change: one less than the depth of what is to be found
   * @param points how many points a run has, about
   */
  static Scheduler pct(long seed, int changes, int points) {
    return new PctScheduler(seed, changes, points);
  }
}
