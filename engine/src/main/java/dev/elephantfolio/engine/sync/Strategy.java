package dev.elephantfolio.engine.sync;

/** Which schedules of a race are run. */
public sealed interface Strategy {
  /**
   * At every point any task, all equally likely.
   *
   * @param seed of the first schedule; each next one has the next seed
   */
  record RandomWalk(long seed) implements Strategy {}

  /**
   * Probabilistic concurrency testing: a bug of depth {@code changes + 1} is met by each schedule
   * with a probability of at least 1 / (tasks · points<sup>changes</sup>).
   *
   * @param seed of the first schedule; each next one has the next seed
   */
  record Pct(long seed, int changes) implements Strategy {}

  /**
   * All schedules that interrupt a task which could go on at most {@code preemptionsMax} times,
   * those with few interruptions first.
   */
  record Exhaustive(int preemptionsMax) implements Strategy {
    /** However many interruptions. */
    public static Exhaustive unbounded() {
      return new Exhaustive(Integer.MAX_VALUE);
    }
  }
}
