package dev.elephantfolio.engine.sync;

/**
 * Picks who runs next in a scheduled run. Calls come one at a time, and the answers alone determine
 * the run.
 */
public interface Scheduler {
  /** A run of {@code tasks} tasks, numbered from 0, starts (over). */
  void start(int tasks);

  /**
   * Picks the task to go on.
   *
   * @param running the task that reached the point; -1 when it cannot go on (or none has run yet)
   * @param point what it is about to do or has just done
   * @param runnable the numbers of the tasks that can go on, ascending
   * @param count how many of {@code runnable} count; at least 1
   * @return one of them
   */
  int pick(int running, SyncPoint point, int[] runnable, int count);

  /** How to get the same schedule again, for messages: "seed 42". */
  String describe();

  /** At every point any runnable task, all equally likely, determined by the seed. */
  static Scheduler random(long seed) {
    return new RandomScheduler(seed);
  }
}
