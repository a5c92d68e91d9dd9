package dev.elephantfolio.lab.scenario;

import dev.elephantfolio.engine.Machine;
import dev.elephantfolio.engine.MachineBuilder.ContentsKind;
import dev.elephantfolio.engine.MemoryException;
import dev.elephantfolio.engine.Process;
import dev.elephantfolio.engine.SettingException;
import dev.elephantfolio.engine.stat.ThpStat;
import dev.elephantfolio.engine.stat.VmEvent;
import dev.elephantfolio.lab.LabException;
import dev.elephantfolio.lab.scenario.Step.MachineStep;
import java.util.EnumSet;
import java.util.Map;
import java.util.Set;
import java.util.SortedMap;
import java.util.TreeMap;

/** The engine as a side: a machine of its own that keeps all bytes. */
public final class EngineSide implements Side {
  private static final int ORDER_MAX = 9;
  private static final int PAGE_KILOBYTES = 4;

  /** Counted by the engine alone. */
  private static final Set<VmEvent> NOT_LINUX =
      EnumSet.of(
          VmEvent.FAULT_ANON_SMALL,
          VmEvent.FAULT_ZERO_PAGE,
          VmEvent.FAULT_HUGE_ZERO_PAGE,
          VmEvent.FAULT_FILE_MAPPED,
          VmEvent.FAULT_FILE_COPIED,
          VmEvent.COW_COPY);

  private final Machine machine;
  private final EngineCalls calls;
  private final EngineView view;

  private EngineSide(Machine machine) {
    this.machine = machine;
    AddressBook book = new AddressBook();
    this.calls = new EngineCalls(machine, book);
    this.view = new EngineView(machine, book);
  }

  /** A machine just built. */
  public static EngineSide open(MachineStep machine) {
    return new EngineSide(
        Machine.builder()
            .memoryBytes(machine.memoryBytes())
            .cpus(machine.cpus())
            .contents(ContentsKind.BYTES)
            .build());
  }

  /** A machine that is like no other, just built. */
  public static EngineSide on(Machine machine) {
    return new EngineSide(machine);
  }

  /** The machine, for checks of its inside. */
  public Machine machine() {
    return machine;
  }

  @Override
  public String name() {
    return "engine";
  }

  @Override
  public void set(String key, String value) {
    try {
      machine.set(key, value);
    } catch (SettingException refused) {
      throw new LabException(String.valueOf(refused.getMessage()));
    }
  }

  @Override
  public void spawn(String process) {
    try {
      calls.spawn(process);
    } catch (MemoryException refused) {
      throw new LabException("no memory for a process: " + refused.errno());
    }
  }

  @Override
  public Outcome call(String process, Call call) {
    Outcome outcome = calls.call(process, call);
    machine.kernel().folios().lru().drainAll();
    return outcome;
  }

  @Override
  public boolean khugepaged(int scans) {
    boolean scanned = machine.khugepaged().fullScans(scans);
    machine.kernel().folios().lru().drainAll();
    return scanned;
  }

  @Override
  public void dropCaches() {
    machine.dropCaches();
  }

  @Override
  public MachineState observe() {
    SortedMap<String, MachineState.ProcessState> states = new TreeMap<>();
    for (Map.Entry<String, Process> process : calls.processes().entrySet()) {
      states.put(process.getKey(), view.of(process.getKey(), process.getValue()));
    }
    return new MachineState(states);
  }

  @Override
  public SortedMap<String, Long> counters() {
    SortedMap<String, Long> counters = machine.vmStat();
    NOT_LINUX.forEach(event -> counters.remove(event.kernelName()));
    for (int order = 1; order <= ORDER_MAX; order++) {
      String size = "hugepages-" + (PAGE_KILOBYTES << order) + "kB/";
      for (Map.Entry<ThpStat, Long> stat : machine.thpStats(order).entrySet()) {
        counters.put(size + stat.getKey().kernelName(), stat.getValue());
      }
    }
    return counters;
  }

  /** The machine is garbage with the last reference to it. */
  @Override
  public void close() {}
}
