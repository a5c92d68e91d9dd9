package dev.elephantfolio.engine;

import dev.elephantfolio.engine.mm.VmSettings;
import dev.elephantfolio.engine.thp.NearestName;
import dev.elephantfolio.engine.thp.ThpSettings;
import java.util.ArrayList;
import java.util.List;
import java.util.Map;
import java.util.TreeMap;
import java.util.function.Consumer;
import java.util.function.Supplier;

/**
 * Every setting of a machine by the kernel's own name, relative to {@code /sys/kernel/mm} or {@code
 * /proc/sys}. Any thread may read and write.
 */
final class Settings {
  /** One number among the {@code vm/} settings. */
  private record Number(Supplier<String> show, Consumer<Long> store, long least, long most) {}

  private final ThpSettings thp;
  private final Map<String, Number> numbers = new TreeMap<>();

  Settings(ThpSettings thp, VmSettings vm) {
    this.thp = thp;
    numbers.put("vm/overcommit_memory", overcommitMode(vm));
    add("vm/overcommit_ratio", vm::overcommitRatio, n -> vm.changeOvercommitRatio(n.intValue()));
    add("vm/overcommit_kbytes", vm::overcommitKbytes, vm::changeOvercommitKbytes);
    add("vm/max_map_count", vm::maxMapCount, n -> vm.changeMaxMapCount(n.intValue()));
    add("vm/mmap_min_addr", vm::mmapMinAddress, vm::changeMmapMinAddress);
    add("vm/admin_reserve_kbytes", vm::adminReserveKbytes, vm::changeAdminReserveKbytes);
    add("vm/user_reserve_kbytes", vm::userReserveKbytes, vm::changeUserReserveKbytes);
  }

  private static Number overcommitMode(VmSettings vm) {
    VmSettings.Overcommit[] modes = VmSettings.Overcommit.values();
    return new Number(
        () -> Integer.toString(vm.overcommit().ordinal()),
        n -> vm.changeOvercommit(modes[n.intValue()]),
        0,
        modes.length - 1);
  }

  private void add(String key, Supplier<? extends java.lang.Number> show, Consumer<Long> store) {
    numbers.put(key, new Number(() -> show.get().toString(), store, 0, Integer.MAX_VALUE));
  }

  /** All keys, sorted. */
  List<String> keys() {
    List<String> keys = new ArrayList<>(ThpSettings.keys());
    keys.addAll(numbers.keySet());
    keys.sort(null);
    return keys;
  }

  /**
   * What the setting reads as.
   *
   * @throws SettingException when there is no such key
   */
  String get(String key) {
    if (ThpSettings.isKey(key)) {
      return thp.get(key);
    }
    return number(key).show().get();
  }

  /**
   * Changes the setting.
   *
   * @throws SettingException when there is no such key, or it does not take {@code value}
   */
  void set(String key, String value) {
    if (ThpSettings.isKey(key)) {
      setThp(key, value);
    } else {
      setNumber(key, number(key), value);
    }
  }

  private void setThp(String key, String value) {
    try {
      thp.set(key, value);
    } catch (MemoryException refused) {
      if (refused.errno() == Errno.EACCES) {
        throw new SettingException(key + " can only be read");
      }
      throw new SettingException(
          key
              + " does not take '"
              + value
              + "'"
              + ThpSettings.suggest(key, value)
                  .map(near -> "; did you mean '" + near + "'?")
                  .orElse("")
              + " (now: "
              + thp.get(key)
              + ")");
    }
  }

  private static void setNumber(String key, Number number, String value) {
    long parsed;
    try {
      parsed = Long.parseLong(value.strip());
    } catch (NumberFormatException notANumber) {
      throw new SettingException(key + " takes a whole number, not '" + value + "'");
    }
    if (parsed < number.least() || parsed > number.most()) {
      throw new SettingException(
          key + " takes " + number.least() + " to " + number.most() + ", not " + parsed);
    }
    number.store().accept(parsed);
  }

  private Number number(String key) {
    Number number = numbers.get(key);
    if (number == null) {
      String near =
          ThpSettings.suggest(key)
              .or(() -> NearestName.of(key, numbers.keySet()))
              .map(name -> "; did you mean '" + name + "'?")
              .orElse("");
      throw new SettingException("no setting '" + key + "'" + near);
    }
    return number;
  }
}
