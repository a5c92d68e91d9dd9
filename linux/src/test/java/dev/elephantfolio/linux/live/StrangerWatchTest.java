package dev.elephantfolio.linux.live;

import static org.junit.jupiter.api.Assertions.assertEquals;

import java.util.Map;
import java.util.TreeMap;
import org.junit.jupiter.api.Test;

class StrangerWatchTest {
  private static final String FAULTS = "thp_fault_alloc";
  private static final String GAUGE = "hugepages-64kB/nr_anon";

  private long noise;
  private final StrangerWatch watch = new StrangerWatch();

  private void read(long faults, long gauge, boolean empty) {
    watch.read(new TreeMap<>(Map.of(FAULTS, faults, GAUGE, gauge, "pgfault", noise++)), empty);
  }

  @Test
  void ourOwnDoingsAreNoStrangers() {
    read(5, 0, true);
    watch.active();
    read(8, 3, false);
    assertEquals(Map.of(), watch.moved());
  }

  @Test
  void whatMovesWhileWeAreIdleIsSeen() {
    read(5, 2, false);
    read(8, 1, false);
    read(9, 1, false);
    assertEquals(Map.of(FAULTS, 4L, GAUGE, 1L), watch.moved());
    watch.forget();
    read(20, 1, false);
    assertEquals(Map.of(), watch.moved());
  }

  @Test
  void hugePagesWithoutProcessesOfOursAreSeen() {
    watch.active();
    read(5, 2, true);
    assertEquals(Map.of(GAUGE, 2L), watch.moved());
  }
}
