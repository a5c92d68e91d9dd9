package dev.elephantfolio.cli;

import dev.elephantfolio.engine.sync.Strategy;
import java.util.Arrays;
import java.util.Locale;
import org.jspecify.annotations.Nullable;
import picocli.CommandLine.Option;

/** Which schedules of a race are run, and how many. */
final class ScheduleOptions {
  private static final long SCHEDULES = 10_000;
  private static final int CHANGES = 3;

  /** Which schedules are run. */
  private enum Way {
    RANDOM,
    PCT,
    EXHAUSTIVE
  }

  @Option(
      names = "--schedules",
      paramLabel = "N",
      description = "Schedules at most. Default: 10000; with --exhaustive all.")
  @Nullable Long schedules;

  @Option(
      names = "--seed",
      paramLabel = "S",
      description = "The first schedule's seed; each next one has the next. Default: 1.")
  long seed = 1;

  @Option(
      names = "--strategy",
      paramLabel = "WAY",
      description =
          "random: any task at any point; pct: random priorities that change a few times;"
              + " exhaustive: all, few preemptions first. Default: pct.")
  @Nullable String strategy;

  @Option(names = "--exhaustive", description = "The same as --strategy exhaustive.")
  boolean exhaustive;

  @Option(
      names = "--preemptions",
      paramLabel = "K",
      description =
          "With --exhaustive: only schedules that interrupt a task at most K times. Default: all.")
  @Nullable Integer preemptions;

  /**
   * How many schedules at most; {@link Long#MAX_VALUE} for all.
   *
   * @throws BadInputException for less than one
   */
  long most(Strategy chosen) {
    Long wanted = schedules;
    if (wanted == null) {
      return chosen instanceof Strategy.Exhaustive ? Long.MAX_VALUE : SCHEDULES;
    }
    if (wanted < 1) {
      throw new BadInputException("--schedules " + wanted + ": it takes at least 1");
    }
    return wanted;
  }

  /**
   * How schedules are chosen.
   *
   * @throws BadInputException for no such way, or one that does not go with another option
   */
  Strategy strategy() {
    Way way = way();
    Integer bound = preemptions;
    if (bound != null && (way != Way.EXHAUSTIVE || bound < 0)) {
      throw new BadInputException("--preemptions takes 0 or more, and goes with --exhaustive only");
    }
    return switch (way) {
      case RANDOM -> new Strategy.RandomWalk(seed);
      case PCT -> new Strategy.Pct(seed, CHANGES);
      case EXHAUSTIVE ->
          bound == null ? Strategy.Exhaustive.unbounded() : new Strategy.Exhaustive(bound);
    };
  }

  private Way way() {
    String word = strategy;
    if (word == null) {
      return exhaustive ? Way.EXHAUSTIVE : Way.PCT;
    }
    Way way =
        Arrays.stream(Way.values())
            .filter(one -> one.name().toLowerCase(Locale.ROOT).equals(word))
            .findFirst()
            .orElseThrow(() ->
                new BadInputException(
                    "--strategy takes random, pct or exhaustive, not '" + word + "'"));
    if (exhaustive && way != Way.EXHAUSTIVE) {
      throw new BadInputException("--exhaustive and --strategy " + word + " exclude each other");
    }
    return way;
  }
}
