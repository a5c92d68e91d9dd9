package dev.elephantfolio.lab.race;

import dev.elephantfolio.engine.sync.ExplorationResult;
import dev.elephantfolio.engine.sync.FailedSchedule;
import dev.elephantfolio.engine.sync.Mutation;
import dev.elephantfolio.engine.sync.Story;
import dev.elephantfolio.engine.sync.Strategy;
import java.util.ArrayList;
import java.util.List;
import java.util.Optional;
import java.util.Set;
import java.util.SortedSet;
import java.util.TreeSet;

/**
 * What came of a race.
 *
 * @param name as the user gave it: of a race, or of a file
 * @param without the protections that were left out
 * @param story of the schedule that failed
 */
public record RaceReport(
    String name,
    Set<Mutation> without,
    Strategy strategy,
    ExplorationResult result,
    Optional<Story> story) {
  /** Says what came of it, and has the failing schedule told. */
  public static RaceReport of(
      Race race, Set<Mutation> without, Strategy strategy, ExplorationResult result) {
    Optional<Story> story = result.failed().map(failed -> race.replay(without, failed.schedule()));
    return new RaceReport(race.name(), without, strategy, result, story);
  }

  public boolean failed() {
    return result.failed().isPresent();
  }

  /** Command lines that run the failing schedule again. */
  public List<String> again() {
    List<String> lines = new ArrayList<>();
    result
        .failed()
        .ifPresent(failed -> {
          if (failed.seed().isPresent()) {
            lines.add(command() + seeded(failed.seed().getAsLong()));
          }
          lines.add(command() + schedule(failed));
        });
    return lines;
  }

  private String command() {
    StringBuilder line = new StringBuilder("efolio race ").append(name);
    SortedSet<Mutation> sorted = new TreeSet<>(without);
    sorted.forEach(mutation -> line.append(" --mutate ").append(mutation));
    return line.toString();
  }

  private String seeded(long seed) {
    String word = strategy instanceof Strategy.RandomWalk ? "random" : "pct";
    return " --strategy " + word + " --seed " + seed + " --schedules 1";
  }

  private static String schedule(FailedSchedule failed) {
    return " --schedule " + failed.schedule();
  }
}
