package dev.elephantfolio.engine.stat;

import dev.elephantfolio.engine.sync.Cpus;

/** The per-size counters of transparent huge pages. Any thread may count and read. */
public final class ThpStats {
  private static final int ORDERS = 11;
  private static final int STATS = ThpStat.values().length;

  private final StripedCounters counters;

  public ThpStats(Cpus cpus) {
    counters = new StripedCounters(cpus, ORDERS * STATS);
  }

  /** Counts for folios of {@code order}; order 0 is counted nowhere, as in Linux. */
  public void add(int order, ThpStat stat, long delta) {
    if (order > 0) {
      counters.add(order * STATS + stat.ordinal(), delta);
    }
  }

  public void count(int order, ThpStat stat) {
    add(order, stat, 1);
  }

  public long get(int order, ThpStat stat) {
    return counters.sum(order * STATS + stat.ordinal());
  }
}
