package dev.elephantfolio.conformance.run;

import dev.elephantfolio.engine.Machine;
import dev.elephantfolio.engine.MachineBuilder.ContentsKind;
import dev.elephantfolio.engine.sync.Mutation;
import dev.elephantfolio.lab.scenario.EngineSide;
import dev.elephantfolio.lab.scenario.Scenario;
import dev.elephantfolio.lab.scenario.Side;
import dev.elephantfolio.lab.scenario.Step.MachineStep;
import java.util.Set;

/** The engine: a new machine for each program, of one processor as programs run on one. */
public final class EngineSource implements SideSource {
  private final Set<Mutation> mistakes;

  /** The engine as it is. */
  public EngineSource() {
    this(Set.of());
  }

  /** An engine with mistakes, to see whether they are noticed. */
  public EngineSource(Set<Mutation> mistakes) {
    this.mistakes = Set.copyOf(mistakes);
  }

  @Override
  public Side open(Scenario program) {
    MachineStep machine = program.machine();
    return EngineSide.on(
        Machine.builder()
            .memoryBytes(machine.memoryBytes())
            .cpus(1)
            .contents(ContentsKind.TAGS)
            .without(mistakes)
            .build());
  }
}
