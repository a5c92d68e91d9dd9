package dev.elephantfolio.linux.live;

import dev.elephantfolio.linux.LinuxException;
import dev.elephantfolio.linux.settings.KernelSettings;
import dev.elephantfolio.linux.settings.Setting;
import dev.elephantfolio.linux.settings.SettingsGuard;
import java.util.HashMap;
import java.util.LinkedHashMap;
import java.util.Map;
import java.util.function.Consumer;

/**
 * The kernel's settings while a live machine is open: written only where they differ from what they
 * are, and all put back in the end. Those by which khugepaged is held are not the scenario's: a
 * value for one is checked and goes no further.
 *
 * <p>Not thread-safe, but for {@link #close}.
 */
final class LiveSettings implements AutoCloseable {
  private static final String ROOT = "transparent_hugepage/";
  private static final String VM = "vm/";

  /** khugepaged sleeps for ever, and is started by hand; see khugepaged.c. */
  private static final Map<String, String> HELD =
      Map.of(
          ROOT + "khugepaged/pages_to_scan", "1",
          ROOT + "khugepaged/scan_sleep_millisecs", "4294967295",
          ROOT + "khugepaged/alloc_sleep_millisecs", "10");

  private final KernelSettings kernel = KernelSettings.live();
  private final SettingsGuard guard;
  private final Map<String, String> baseline = new LinkedHashMap<>();
  private final Map<String, String> current = new HashMap<>();

  private LiveSettings(SettingsGuard guard) {
    this.guard = guard;
  }

  /**
   * Takes hold of khugepaged, and switches huge pages on where they are advised.
   *
   * @param say is told in one line when something a killed run had changed was put back
   */
  static LiveSettings open(Consumer<String> say) {
    LiveSettings settings = new LiveSettings(SettingsGuard.open(say));
    try {
      HELD.forEach(settings::write);
      settings.write(ROOT + "enabled", "madvise");
      settings.write(ROOT + "hugepages-2048kB/enabled", "inherit");
    } catch (RuntimeException e) {
      settings.close();
      throw e;
    }
    return settings;
  }

  private void write(String key, String value) {
    guard.set(new Setting(key, value));
    if (key.startsWith(VM)) {
      // Writing one of these may change another.
      current.keySet().removeIf(known -> known.startsWith(VM));
    }
    current.put(key, value);
  }

  /** Has something ended before anything is put back. */
  void endFirst(Runnable ending) {
    guard.endFirst(ending);
  }

  /** Puts these in force now and after every {@link #reset}; keys this kernel has not are left. */
  void begin(Map<String, String> values) {
    values.forEach((key, value) -> {
      if (kernel.exists(key)) {
        baseline.put(key, value);
      }
    });
    reset();
  }

  /**
   * Writes a setting.
   *
   * @throws LinuxException when there is no such key, or the value is none of its values
   */
  void set(String key, String value) {
    if (HELD.containsKey(key)) {
      kernel.check(new Setting(key, value));
      checkNumber(key, value);
    } else if (!value.equals(now(key))) {
      baseline.putIfAbsent(key, now(key));
      write(key, value);
    }
  }

  /** What it is; read once. */
  private String now(String key) {
    return current.computeIfAbsent(key, this::read);
  }

  private String read(String key) {
    if (!kernel.exists(key)) {
      // For its words: they say what was probably meant.
      kernel.check(new Setting(key, ""));
    }
    return kernel.read(key);
  }

  private static void checkNumber(String key, String value) {
    boolean zero = value.matches("0+");
    boolean number = value.matches("[0-9]{1,10}") && Long.parseLong(value) <= 0xffff_ffffL;
    if (!number || (zero && key.endsWith("pages_to_scan"))) {
      throw new LinuxException(key + "=" + value + ": the kernel does not take that value");
    }
  }

  /** Back to how a scenario begins. */
  void reset() {
    baseline.forEach(this::set);
  }

  @Override
  public void close() {
    guard.close();
  }
}
