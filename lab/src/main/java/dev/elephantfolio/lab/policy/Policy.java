package dev.elephantfolio.lab.policy;

import dev.elephantfolio.engine.Machine;
import dev.elephantfolio.engine.SettingException;
import java.util.Collections;
import java.util.LinkedHashMap;
import java.util.Map;

/**
 * Settings under a name.
 *
 * @param name what tables call it
 * @param settings by the kernel's names, in the order in which they are written; all others have
 *     Linux's defaults
 */
public record Policy(String name, Map<String, String> settings) {
  private static final long SMALL_MACHINE_BYTES = 64L << 20;

  public Policy {
    settings = Collections.unmodifiableMap(new LinkedHashMap<>(settings));
  }

  /** The same with further settings, which come last; the name tells of none of them. */
  public Policy and(Map<String, String> further) {
    Map<String, String> all = new LinkedHashMap<>(settings);
    further.forEach((key, value) -> {
      all.remove(key);
      all.put(key, value);
    });
    return new Policy(name, all);
  }

  /**
   * Makes sure that a machine takes the settings.
   *
   * @throws SettingException for the first one that it does not take
   */
  public void check() {
    Machine machine = Machine.builder().memoryBytes(SMALL_MACHINE_BYTES).build();
    settings.forEach(machine::set);
  }
}
