package dev.elephantfolio.linux.proc;

import java.util.Collections;
import java.util.LinkedHashMap;
import java.util.Map;
import java.util.function.Predicate;

/**
 * The counters of {@code /proc/vmstat}, in the kernel's order; or the difference of two readings.
 */
public record VmStat(Map<String, Long> counters) {
  public VmStat {
    counters = Collections.unmodifiableMap(new LinkedHashMap<>(counters));
  }

  /** Reads the file's text: a name and a figure a line. */
  public static VmStat parse(String text) {
    Map<String, Long> counters = new LinkedHashMap<>();
    text.lines().forEach(line -> parseLine(line, counters));
    return new VmStat(counters);
  }

  private static void parseLine(String line, Map<String, Long> counters) {
    int space = line.indexOf(' ');
    if (space > 0) {
      counters.put(line.substring(0, space), Long.parseLong(line.substring(space + 1).strip()));
    }
  }

  /** A counter by the kernel's name; 0 when this kernel does not have it. */
  public long value(String counter) {
    return counters.getOrDefault(counter, 0L);
  }

  /** How far each of our counters moved since an earlier reading. */
  public VmStat since(VmStat earlier) {
    Map<String, Long> moved = new LinkedHashMap<>();
    counters.forEach((name, value) -> moved.put(name, value - earlier.value(name)));
    return new VmStat(moved);
  }

  /** Only the counters whose name is wanted. */
  public VmStat only(Predicate<String> wanted) {
    Map<String, Long> kept = new LinkedHashMap<>(counters);
    kept.keySet().removeIf(wanted.negate());
    return new VmStat(kept);
  }
}
