package dev.elephantfolio.lab.scenario;

import java.util.SortedMap;
import java.util.TreeMap;

/** Which counters reports show, and how far they moved. */
public final class Counters {
  private Counters() {}

  /** Whether a counter is one of huge pages, which reports show and sides are compared by. */
  public static boolean isReported(String name) {
    return name.startsWith("thp_") || name.startsWith("hugepages-");
  }

  /** The reported counters that moved from {@code before} to {@code after}, and how far. */
  public static SortedMap<String, Long> moved(
      SortedMap<String, Long> before, SortedMap<String, Long> after) {
    SortedMap<String, Long> moved = new TreeMap<>();
    after.forEach((name, value) -> {
      long difference = value - before.getOrDefault(name, 0L);
      if (difference != 0 && isReported(name)) {
        moved.put(name, difference);
      }
    });
    return moved;
  }
}
