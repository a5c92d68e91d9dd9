package dev.elephantfolio.concurrency.soak;

import dev.elephantfolio.engine.sync.Mutation;
import java.time.Duration;
import java.util.Set;

/**
 * How long and from which seed.
 *
 * @param duration how long the threads work
 * @param seed what their choices follow from; how they meet does not follow from it
 * @param without protections that the machine is without, to see whether the soak notices
 */
record SoakOptions(Duration duration, long seed, Set<Mutation> without) {
  static final String USAGE = "tools/soak [--minutes N] [--seconds N] [--seed S]";

  private static final long SECONDS_DEFAULT = 600;
  private static final Duration LONGEST = Duration.ofDays(365);

  /**
   * Reads {@code --minutes N}, {@code --seconds N} and {@code --seed S}; of two durations the
   * later.
   *
   * @throws IllegalArgumentException saying in one line what is wrong
   */
  static SoakOptions parse(String[] args) {
    Duration duration = Duration.ofSeconds(SECONDS_DEFAULT);
    long seed = System.nanoTime() & 0xFFFF_FFFFL;
    for (int at = 0; at < args.length; at += 2) {
      switch (args[at]) {
        case "--minutes" -> duration = duration(args, at, Duration.ofMinutes(1));
        case "--seconds" -> duration = duration(args, at, Duration.ofSeconds(1));
        case "--seed" -> seed = number(args, at);
        default -> throw new IllegalArgumentException("unknown option " + args[at]);
      }
    }
    return new SoakOptions(duration, seed, Set.of());
  }

  private static Duration duration(String[] args, int at, Duration unit) {
    long count = number(args, at);
    if (count < 1 || count > LONGEST.dividedBy(unit)) {
      throw new IllegalArgumentException(args[at] + " must be 1 to " + LONGEST.dividedBy(unit));
    }
    return unit.multipliedBy(count);
  }

  private static long number(String[] args, int at) {
    if (at + 1 == args.length) {
      throw new IllegalArgumentException(args[at] + " needs a number");
    }
    try {
      return Long.parseLong(args[at + 1]);
    } catch (NumberFormatException e) {
      throw new IllegalArgumentException(args[at] + " needs a number, not " + args[at + 1], e);
    }
  }
}
