package dev.elephantfolio.engine.sync;

/** Where the seeds of randomised tests come from. */
public final class Seeds {
  private Seeds() {}

  /** A new seed, or that of {@code -Defolio.seed=N}; printed, so that a failure can be repeated. */
  public static long next(String test) {
    long seed = Long.getLong("efolio.seed", System.nanoTime() & 0xFFFF_FFFFL);
    System.out.println(test + ": -Defolio.seed=" + seed);
    return seed;
  }
}
