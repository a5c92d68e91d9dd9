package dev.elephantfolio.linux.settings;

import dev.elephantfolio.linux.LinuxException;

/**
 * A value for one of the kernel's settings.
 *
 * @param key its name, relative to {@code /sys/kernel/mm} or {@code /proc/sys/vm}: {@code
 *     transparent_hugepage/enabled}, {@code vm/nr_hugepages}
 * @param value what is written there
 */
public record Setting(String key, String value) {

  /** Reads {@code KEY=VALUE}. */
  public static Setting parse(String text) {
    int equals = text.indexOf('=');
    if (equals <= 0 || equals == text.length() - 1) {
      throw new LinuxException(
          "'" + text + "' is no setting: write KEY=VALUE, as transparent_hugepage/enabled=always");
    }
    return new Setting(text.substring(0, equals).strip(), text.substring(equals + 1).strip());
  }

  @Override
  public String toString() {
    return key + "=" + value;
  }
}
