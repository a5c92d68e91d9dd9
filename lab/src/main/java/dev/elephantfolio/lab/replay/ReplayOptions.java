package dev.elephantfolio.lab.replay;

import dev.elephantfolio.engine.Machine;
import dev.elephantfolio.engine.MachineBuilder;
import java.util.Collections;
import java.util.LinkedHashMap;
import java.util.Map;

/**
 * What a recording is replayed on.
 *
 * @param settings by the kernel's names, in the order in which they are written; all others have
 *     Linux's defaults, but for {@code vm/overcommit_memory} and {@code vm/max_map_count}, by which
 *     nothing is refused
 * @param memoryBytes the machine's memory, a multiple of 2 MiB; it costs nothing until used
 * @param cpus the machine's processors
 */
public record ReplayOptions(Map<String, String> settings, long memoryBytes, int cpus) {
  /** Enough for most programs; a larger machine does not behave differently. */
  public static final long DEFAULT_MEMORY_BYTES = 64L << 30;

  private static final int DEFAULT_CPUS = 2;

  /** What the recorded machine granted a program is granted again, unless a setting forbids it. */
  private static final Map<String, String> GRANTED =
      Map.of("vm/overcommit_memory", "1", "vm/max_map_count", Integer.toString(Integer.MAX_VALUE));

  public ReplayOptions {
    settings = Collections.unmodifiableMap(new LinkedHashMap<>(settings));
  }

  /** Those settings on the usual machine. */
  public static ReplayOptions with(Map<String, String> settings) {
    return new ReplayOptions(settings, DEFAULT_MEMORY_BYTES, DEFAULT_CPUS);
  }

  public ReplayOptions withMemory(long bytes) {
    return new ReplayOptions(settings, bytes, cpus);
  }

  /**
   * @throws dev.elephantfolio.engine.SettingException for an unknown setting or a value that it
   *     does not take
   */
  Machine machine() {
    MachineBuilder builder = Machine.builder().memoryBytes(memoryBytes).cpus(cpus);
    GRANTED.forEach(builder::set);
    settings.forEach(builder::set);
    return builder.build();
  }
}
