package dev.elephantfolio.lab.scenario;

import dev.elephantfolio.lab.LabException;
import dev.elephantfolio.linux.LinuxException;
import dev.elephantfolio.linux.live.LiveMachine;
import dev.elephantfolio.linux.live.LiveProcess;
import java.util.Optional;
import java.util.SortedMap;
import java.util.function.Consumer;

/**
 * The kernel that we run on as a side. Its settings are the scenario's meanwhile, and are put back.
 */
public final class LiveSide implements Side {
  private final LiveMachine machine;
  private final boolean ownsMachine;
  private final LiveCalls calls;
  private final LiveView view;

  private LiveSide(LiveMachine machine, boolean ownsMachine) {
    this.machine = machine;
    this.ownsMachine = ownsMachine;
    AddressBook book = new AddressBook();
    this.calls = new LiveCalls(machine, book);
    this.view = new LiveView(machine, book);
  }

  /**
   * A live machine with the settings that scenarios begin with, for many sides one after the other.
   *
   * @param say is told in one line when something that a killed run had changed was put back
   * @throws LinuxException when something is missing: one line that says what
   */
  public static LiveMachine machine(Consumer<String> say) {
    return LiveMachine.open(LiveBaseline.settings(), say);
  }

  /**
   * A side for one scenario, with a machine of its own.
   *
   * @throws LinuxException when something is missing: one line that says what
   */
  public static LiveSide open(Consumer<String> say) {
    return new LiveSide(machine(say), true);
  }

  /** A side for one scenario on a {@link #machine}, as if that had just been opened. */
  public static LiveSide on(LiveMachine machine) {
    machine.reset();
    return new LiveSide(machine, false);
  }

  /**
   * Why no live kernel can run the scenario: one line that begins with {@code FILE:LINE:COLUMN}.
   * Empty when it can; what else this machine refuses shows when it is asked.
   */
  public static Optional<String> whyNot(Scenario scenario) {
    return LiveLimits.whyNot(scenario);
  }

  @Override
  public String name() {
    return "live";
  }

  @Override
  public void set(String key, String value) {
    try {
      machine.set(key, value);
    } catch (LinuxException refused) {
      throw new LabException(refused.getMessage());
    }
  }

  @Override
  public void spawn(String process) {
    LiveProcess _ = machine.spawn(process);
  }

  @Override
  public Outcome call(String process, Call call) {
    return calls.call(process, call);
  }

  @Override
  public boolean khugepaged(int scans) {
    return machine.khugepagedScans(scans) == scans;
  }

  @Override
  public void dropCaches() {
    machine.dropCaches();
  }

  @Override
  public MachineState observe() {
    return view.look();
  }

  @Override
  public SortedMap<String, Long> counters() {
    return machine.counters();
  }

  @Override
  public void close() {
    if (ownsMachine) {
      machine.close();
    } else {
      machine.reset();
    }
  }
}
