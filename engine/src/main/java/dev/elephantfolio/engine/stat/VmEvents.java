package dev.elephantfolio.engine.stat;

import dev.elephantfolio.engine.sync.Cpus;

/** The machine's event counters. Any thread may count and read. */
public final class VmEvents {
  private final StripedCounters counters;

  public VmEvents(Cpus cpus) {
    counters = new StripedCounters(cpus, VmEvent.values().length);
  }

  public void count(VmEvent event) {
    counters.add(event.ordinal(), 1);
  }

  public void count(VmEvent event, long times) {
    counters.add(event.ordinal(), times);
  }

  public long get(VmEvent event) {
    return counters.sum(event.ordinal());
  }
}
