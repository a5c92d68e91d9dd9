package dev.elephantfolio.lab.race;

import dev.elephantfolio.engine.sync.Exploration;
import dev.elephantfolio.engine.sync.ExplorationResult;
import dev.elephantfolio.engine.sync.Mutation;
import dev.elephantfolio.engine.sync.Schedule;
import dev.elephantfolio.engine.sync.Story;
import dev.elephantfolio.engine.sync.Strategy;
import java.util.Set;

/** Two or three tasks on one machine, and what must hold whatever order they go in. Immutable. */
public final class Race {
  private final String name;
  private final String shows;
  private final Set<Mutation> mustCatch;
  private final SetUp setUp;

  /** Makes the state that every schedule begins with. */
  interface SetUp {
    /**
     * A fresh machine with its tasks and check; always the same.
     *
     * @param without the protections to leave out
     */
    MachineTrial trial(Set<Mutation> without);
  }

  /**
   * @param name as the user gives it
   * @param shows what is at stake, in a sentence
   * @param mustCatch the protections that each alone keep it from failing
   */
  Race(String name, String shows, Set<Mutation> mustCatch, SetUp setUp) {
    this.name = name;
    this.shows = shows;
    this.mustCatch = Set.copyOf(mustCatch);
    this.setUp = setUp;
  }

  public String name() {
    return name;
  }

  /** What is at stake, in a sentence. */
  public String shows() {
    return shows;
  }

  /** The protections that each alone keep it from failing. */
  public Set<Mutation> mustCatch() {
    return mustCatch;
  }

  /** How many tasks run side by side. */
  public int tasks() {
    return setUp.trial(Set.of()).tasks().size();
  }

  /**
   * Runs schedules until one fails, or there are enough, or all were run.
   *
   * @param without the protections to leave out
   */
  public ExplorationResult explore(
      Set<Mutation> without, Strategy strategy, long schedulesMax, Exploration.Progress progress) {
    return exploration(without).explore(strategy, schedulesMax, progress);
  }

  /** Runs one schedule and tells what happens. */
  public Story replay(Set<Mutation> without, Schedule schedule) {
    MachineNames names = new MachineNames();
    Exploration exploration =
        new Exploration(() -> {
          MachineTrial trial = setUp.trial(without);
          names.lookAt(trial.machine());
          return trial;
        });
    return exploration.replay(schedule, names);
  }

  /**
   * Checks that nothing is left out where states are told apart, by random schedules.
   *
   * @return how often a state was met again
   * @throws IllegalStateException when something is
   */
  public long auditStates(long firstSeed, long schedules) {
    return exploration(Set.of()).auditStates(firstSeed, schedules);
  }

  private Exploration exploration(Set<Mutation> without) {
    return new Exploration(() -> setUp.trial(without));
  }
}
