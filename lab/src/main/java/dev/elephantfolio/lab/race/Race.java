package dev.elephantfolio.lab.race;

import dev.elephantfolio.engine.sync.Exploration;
import dev.elephantfolio.engine.sync.Mutation;
import dev.elephantfolio.engine.sync.Trial;
import java.util.Set;

/**
 * Two or three tasks on one machine, and what must hold whatever order they go in.
 *
 * @param name as the user gives it
 * @param shows what is at stake, in a sentence
 * @param mustCatch the protections that each alone keep it from failing
 */
public record Race(String name, String shows, Set<Mutation> mustCatch, SetUp setUp) {
  /** Makes the state that every schedule begins with. */
  public interface SetUp {
    /**
     * A fresh machine with its tasks and check; always the same.
     *
     * @param without the protections to leave out
     */
    Trial trial(Set<Mutation> without);
  }

  /** A search over this race's schedules, with some protections left out. */
  public Exploration exploration(Set<Mutation> without) {
    return new Exploration(() -> setUp.trial(without));
  }
}
