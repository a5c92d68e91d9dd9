package dev.elephantfolio.lab.bench;

import dev.elephantfolio.engine.Machine;
import dev.elephantfolio.lab.LabException;
import dev.elephantfolio.linux.settings.KernelSettings;
import dev.elephantfolio.linux.settings.Setting;
import java.util.ArrayList;
import java.util.List;

/** The size of page that anonymous memory gets at a fault, and the settings that make it so. */
enum PageSize {
  SMALL(4),
  MEDIUM(64),
  HUGE(2048);

  private static final String ENABLED = "transparent_hugepage/enabled";
  private static final String SIZES = "transparent_hugepage/hugepages-";

  private final int kib;

  PageSize(int kib) {
    this.kib = kib;
  }

  long bytes() {
    return kib * 1024L;
  }

  private String key() {
    return SIZES + kib + "kB/enabled";
  }

  private String enabled() {
    return this == HUGE ? "always" : "never";
  }

  /** Makes a new machine give pages of this size; all other sizes are off as it is built. */
  void applyTo(Machine machine) {
    machine.set(ENABLED, enabled());
    if (this == MEDIUM) {
      machine.set(key(), "always");
    }
  }

  /**
   * What the live kernel must be told to give pages of this size and no other.
   *
   * @throws LabException when it has no pages of this size
   */
  List<Setting> needed(KernelSettings live) {
    List<Setting> needed = new ArrayList<>();
    if (!live.exists(ENABLED)) {
      requireSmall("this kernel has no transparent huge pages");
      return needed;
    }
    needed.add(new Setting(ENABLED, enabled()));
    for (String key : live.catalogue()) {
      if (key.startsWith(SIZES) && key.endsWith("/enabled")) {
        needed.add(new Setting(key, wanted(key)));
      }
    }
    if (this == MEDIUM && !live.exists(key())) {
      throw new LabException("this kernel has no huge pages of " + kib + " kB (Linux 6.8 has)");
    }
    needed.removeIf(setting -> isGood(live.read(setting.key()), setting.value()));
    return needed;
  }

  /** Our program never advises, so huge pages for those that do are none for it. */
  private static boolean isGood(String now, String wanted) {
    return now.equals(wanted) || (wanted.equals("never") && now.equals("madvise"));
  }

  private void requireSmall(String problem) {
    if (this != SMALL) {
      throw new LabException(problem);
    }
  }

  private String wanted(String sizeKey) {
    if (sizeKey.equals(HUGE.key())) {
      return "inherit";
    }
    return this == MEDIUM && sizeKey.equals(key()) ? "always" : "never";
  }
}
