package dev.elephantfolio.engine.sync;

import java.util.Arrays;
import java.util.SplittableRandom;

/**
 * Probabilistic concurrency testing (Burckhardt, Kothari, Musuvathi, Nagarakatte, 2010): tasks have
 * random priorities, the highest that can run runs, and at a few points chosen beforehand the
 * running task falls below all others.
 *
 * <p>A bug has depth <i>d</i> when some <i>d</i> ordered steps suffice to meet it, whatever else
 * happens: 1 for "A before B", 2 for a race between reading and writing back, and so on. With
 * <i>n</i> tasks, <i>k</i> points and <i>d − 1</i> changes each run meets a given bug of depth
 * <i>d</i> with probability at least 1 / (n · k<sup>d−1</sup>), independently of the other runs. So
 * <i>r</i> runs miss it with probability at most (1 − 1 / (n · k<sup>d−1</sup>))<sup>r</sup>. The
 * bound needs {@code points} to be no less than the run has, and tasks that wait to say so.
 */
final class PctScheduler implements Scheduler {
  private static final int NOBODY = -1;

  private final long seed;
  private final int[] changeAt;
  private final int points;
  private SplittableRandom random;
  private int[] priorities = {};
  private int point;
  private int changed;

  PctScheduler(long seed, int changes, int points) {
    if (changes < 0 || points < 1) {
      throw new IllegalArgumentException(changes + " changes in " + points + " points");
    }
    this.seed = seed;
    this.points = points;
    this.changeAt = new int[changes];
    this.random = new SplittableRandom(seed);
  }

  @Override
  public void start(int tasks) {
    random = new SplittableRandom(seed);
    point = 0;
    changed = 0;
    priorities = new int[tasks];
    for (int task = 0; task < tasks; task++) {
      int other = random.nextInt(task + 1);
      priorities[task] = priorities[other];
      priorities[other] = changeAt.length + task + 1;
    }
    for (int change = 0; change < changeAt.length; change++) {
      changeAt[change] = 1 + random.nextInt(points);
    }
    Arrays.sort(changeAt);
  }

  @Override
  public int pick(int running, SyncPoint at, int[] runnable, int count) {
    if (running != NOBODY) {
      point++;
      while (changed < changeAt.length && changeAt[changed] <= point) {
        // The later the change, the lower: no two tasks are alike.
        priorities[running] = changeAt.length - changed;
        changed++;
      }
    }
    int highest = runnable[0];
    for (int i = 1; i < count; i++) {
      if (priorities[runnable[i]] > priorities[highest]) {
        highest = runnable[i];
      }
    }
    return highest;
  }

  @Override
  public String describe() {
    return "pct seed " + seed + ", " + changeAt.length + " changes";
  }
}
