package dev.elephantfolio.lab.race;

import dev.elephantfolio.engine.Machine;
import dev.elephantfolio.engine.Process;
import dev.elephantfolio.engine.invariant.Invariants;
import dev.elephantfolio.engine.sync.Mutation;
import dev.elephantfolio.engine.sync.Task;
import dev.elephantfolio.lab.scenario.Scenario;
import dev.elephantfolio.lab.scenario.SideBySide;
import java.util.List;
import java.util.Set;

/** A race that a user wrote: a scenario with a part that is run side by side. */
public final class ScenarioRace {
  private ScenarioRace() {}

  /**
   * The race that {@code scenario} describes.
   *
   * @throws dev.elephantfolio.lab.LabException when it has no part to be run side by side
   */
  public static Race of(Scenario scenario) {
    // Complains now rather than in every schedule.
    SideBySide _ = SideBySide.of(scenario, Set.of());
    return new Race(
        scenario.file(),
        "what its expectations say",
        Set.of(),
        without -> new OnMachine(scenario, without));
  }

  /** One schedule's machine. */
  private static final class OnMachine implements MachineTrial {
    private final SideBySide sideBySide;

    OnMachine(Scenario scenario, Set<Mutation> without) {
      sideBySide = SideBySide.of(scenario, without);
      machine().kernel().folios().lru().drainAll();
    }

    @Override
    public Machine machine() {
      return sideBySide.machine();
    }

    @Override
    public List<Task> tasks() {
      return sideBySide.tasks();
    }

    @Override
    public void check() {
      Invariants.check(machine());
      sideBySide
          .finish()
          .ifPresent(wrong -> {
            throw new RaceError(wrong);
          });
      machine().processes().forEach(Process::exit);
      Invariants.check(machine());
    }
  }
}
