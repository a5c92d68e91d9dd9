package dev.elephantfolio.cli;

import dev.elephantfolio.lab.policy.Policy;
import dev.elephantfolio.linux.settings.Setting;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import picocli.CommandLine.Option;

/** Settings of the memory manager. */
final class SettingsOption {
  @Option(
      names = "--set",
      paramLabel = "KEY=VALUE",
      description = {
        "A setting by the kernel's own name, relative to /sys/kernel/mm or /proc/sys/vm, such as"
            + " transparent_hugepage/enabled=always. May be given several times."
      })
  List<String> set = List.of();

  /** In the order in which they were given. */
  List<Setting> settings() {
    return set.stream().map(Setting::parse).toList();
  }

  /**
   * Those of the engine, by key; the last one of a key holds.
   *
   * @throws dev.elephantfolio.engine.SettingException for one that the engine does not take
   */
  Map<String, String> ofEngine() {
    Map<String, String> byKey = new LinkedHashMap<>();
    for (Setting setting : settings()) {
      byKey.remove(setting.key());
      byKey.put(setting.key(), setting.value());
    }
    new Policy("--set", byKey).check();
    return byKey;
  }
}
