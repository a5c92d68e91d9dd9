package dev.elephantfolio.engine.sync;

import java.util.SplittableRandom;

/** Picks uniformly. */
final class RandomScheduler implements Scheduler {
  private final long seed;
  private SplittableRandom random;

  RandomScheduler(long seed) {
    this.seed = seed;
    this.random = new SplittableRandom(seed);
  }

  @Override
  public void start(int tasks) {
    random = new SplittableRandom(seed);
  }

  @Override
  public int pick(int running, SyncPoint point, int[] runnable, int count) {
    return runnable[random.nextInt(count)];
  }

  @Override
  public String describe() {
    return "seed " + seed;
  }
}
