package dev.elephantfolio.lab.scenario;

import java.util.SortedMap;

/**
 * Where a scenario runs: the engine, or the live kernel. A side begins as a machine just built,
 * every setting at Linux's default, and serves one scenario. Used by one thread.
 *
 * <p>Whoever drives it names only processes that it started and that still live, and lets no
 * process call that waits for its vfork child.
 */
public interface Side extends AutoCloseable {
  /** {@code engine} or {@code live}. */
  String name();

  /**
   * Writes a setting by the kernel's name.
   *
   * @throws dev.elephantfolio.lab.LabException when it is not there or does not take the value; the
   *     message is one line
   */
  void set(String key, String value);

  /** Starts a process whose heap begins at {@link Place#HEAP_START}. */
  void spawn(String process);

  /** Has a process do something. A fork's child lives from then on, if it was {@code OK}. */
  Outcome call(String process, Call call);

  /**
   * Waits for that many more full scans of khugepaged.
   *
   * @return false when khugepaged had nothing to scan
   */
  boolean khugepaged(int scans);

  /** What writing 3 to {@code /proc/sys/vm/drop_caches} does. */
  void dropCaches();

  /** What can be seen now of the memory that the scenario's processes have in its regions. */
  MachineState observe();

  /**
   * Every counter by its name, as it stands: those of {@code /proc/vmstat}, and those under {@code
   * transparent_hugepage/hugepages-*kB/stats} as {@code hugepages-64kB/anon_fault_alloc}.
   */
  SortedMap<String, Long> counters();

  /** Ends the processes that still live, and puts back what was changed. */
  @Override
  void close();
}
