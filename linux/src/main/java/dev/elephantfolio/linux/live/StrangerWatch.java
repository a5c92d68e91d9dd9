package dev.elephantfolio.linux.live;

import java.util.Collections;
import java.util.Map;
import java.util.SortedMap;
import java.util.TreeMap;

/**
 * Notices that others on the machine use huge pages: the counters are everybody's. They give
 * themselves away when a counter moves while we do nothing, and when there are huge pages while
 * none of our processes lives. Not thread-safe.
 */
final class StrangerWatch {
  /** Pages that are there now; all others only grow. */
  private static final String GAUGE = "/nr_anon";

  private final SortedMap<String, Long> moved = new TreeMap<>();
  private SortedMap<String, Long> last = Collections.emptySortedMap();
  private boolean idle;

  /** We do something from now on. */
  void active() {
    idle = false;
  }

  /** Forgets what it has seen so far. */
  void forget() {
    moved.clear();
    last = Collections.emptySortedMap();
    idle = false;
  }

  /**
   * The counters as they stand, and that we do nothing from now on.
   *
   * @param empty whether no process of ours lives
   */
  void read(SortedMap<String, Long> counters, boolean empty) {
    for (Map.Entry<String, Long> counter : counters.entrySet()) {
      if (ofHugePages(counter.getKey())) {
        look(counter.getKey(), counter.getValue(), empty);
      }
    }
    last = counters;
    idle = true;
  }

  /** Others of vmstat are never the doing of one program alone. */
  private static boolean ofHugePages(String counter) {
    return counter.startsWith("thp_") || counter.indexOf('/') >= 0;
  }

  private void look(String counter, long value, boolean empty) {
    if (idle) {
      note(counter, value - last.getOrDefault(counter, value));
    }
    if (empty && counter.endsWith(GAUGE)) {
      note(counter, value);
    }
  }

  private void note(String counter, long by) {
    if (by != 0) {
      moved.merge(counter, Math.abs(by), Long::sum);
    }
  }

  /** What others were seen to move, and by how much at least. */
  SortedMap<String, Long> moved() {
    return Collections.unmodifiableSortedMap(new TreeMap<>(moved));
  }
}
