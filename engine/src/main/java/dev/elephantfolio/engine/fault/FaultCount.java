package dev.elephantfolio.engine.fault;

import dev.elephantfolio.engine.stat.StripedCounters;
import dev.elephantfolio.engine.sync.Cpus;

/** Faults of one process: what minflt of its stat shows. Any thread may count. */
public final class FaultCount {
  private final StripedCounters faults;

  public FaultCount(Cpus cpus) {
    faults = new StripedCounters(cpus, 1);
  }

  /** One more; also one that the kernel brought about itself on the process's behalf. */
  public void increment() {
    faults.add(0, 1);
  }

  public long get() {
    return faults.sum(0);
  }
}
