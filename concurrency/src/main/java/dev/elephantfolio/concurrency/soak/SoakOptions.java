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
  private static final long SECONDS_DEFAULT = 600;

  /**
   * Reads {@code --minutes N}, {@code --seconds N} and {@code --seed S}.
   *
   * @throws IllegalArgumentException saying in one line what is wrong
   */
  static SoakOptions parse(String[] args) {
    Duration duration = Duration.ofSeconds(SECONDS_DEFAULT);
    long seed = System.nanoTime() & 0xFFFF_FFFFL;
    for (int at = 0; at < args.length; at += 2) {
      long value = number(args, at);
      switch (args[at]) {
        case "--minutes" -> duration = Duration.ofMinutes(value);
        case "--seconds" -> duration = Duration.ofSeconds(value);
        case "--seed" -> seed = value;
        default -> throw new IllegalArgumentException("unknown option " + args[at]);
      }
    }
    if (!duration.isPositive()) {
      throw new IllegalArgumentException("the duration must be positive");
    }
    return new SoakOptions(duration, seed, Set.of());
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
