package dev.elephantfolio.engine.stat;

import dev.elephantfolio.engine.sync.Cpus;

/** The machine's gauges. Any thread may move and read them. */
public final class NodeStats {
  private final StripedCounters counters;

  public NodeStats(Cpus cpus) {
    counters = new StripedCounters(cpus, NodeStat.values().length);
  }

  public void add(NodeStat stat, long delta) {
    counters.add(stat.ordinal(), delta);
  }

  public long get(NodeStat stat) {
    return counters.sum(stat.ordinal());
  }
}
