package dev.elephantfolio.trace;

import java.util.Random;

/** Seeds of randomised tests: printed, and taken from {@code -Defolio.seed=N} to replay a run. */
public final class Seeds {
  private Seeds() {}

  /** A generator for the test of that name. */
  public static Random random(String test) {
    long seed = Long.getLong("efolio.seed", System.nanoTime());
    System.out.println(test + ": -Defolio.seed=" + seed);
    return new Random(seed);
  }
}
