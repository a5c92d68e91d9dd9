package dev.elephantfolio.conformance.run;

import dev.elephantfolio.lab.scenario.LiveSide;
import dev.elephantfolio.lab.scenario.Scenario;
import dev.elephantfolio.lab.scenario.Side;
import dev.elephantfolio.linux.live.LiveMachine;
import java.util.function.Consumer;

/** The kernel that we run on: one executor for all programs. */
public final class LiveSource implements SideSource {
  private final LiveMachine machine;

  private LiveSource(LiveMachine machine) {
    this.machine = machine;
  }

  /**
   * Starts the executor.
   *
   * @param say is told in one line when something that a killed run had changed was put back
   * @throws dev.elephantfolio.linux.LinuxException when something is missing: one line that says
   *     what
   */
  public static LiveSource open(Consumer<String> say) {
    return new LiveSource(LiveSide.machine(say));
  }

  /** Whether folios can be split to any order here: debugfs must take orders. */
  public boolean splitsToAnyOrder() {
    return machine.splitsByFile();
  }

  @Override
  public Side open(Scenario program) {
    return LiveSide.on(machine);
  }

  @Override
  public boolean isAlone() {
    return machine.strangers().isEmpty();
  }

  @Override
  public void awaitCalm() {
    machine.awaitCalm();
  }

  @Override
  public void close() {
    machine.close();
  }
}
