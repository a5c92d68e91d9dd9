package dev.elephantfolio.lab.scenario;

import dev.elephantfolio.engine.Machine;
import java.util.LinkedHashMap;
import java.util.Map;
import java.util.Set;

/** The settings that a scenario begins with: the engine's own, which are Linux's defaults. */
final class LiveBaseline {
  /** What the kernel reports, and nobody can set. */
  private static final Set<String> REPORTED =
      Set.of(
          "transparent_hugepage/hpage_pmd_size",
          "transparent_hugepage/khugepaged/full_scans",
          "transparent_hugepage/khugepaged/pages_collapsed");

  private LiveBaseline() {}

  /** Keys and values as they are written. */
  static Map<String, String> settings() {
    Machine machine = Machine.builder().build();
    Map<String, String> settings = new LinkedHashMap<>();
    for (String key : machine.settingKeys()) {
      if (!REPORTED.contains(key)) {
        settings.put(key, chosen(machine.get(key)));
      }
    }
    return settings;
  }

  /** Of words to choose from the one in brackets. */
  private static String chosen(String text) {
    int open = text.indexOf('[');
    return open < 0 ? text : text.substring(open + 1, text.indexOf(']'));
  }
}
