package dev.elephantfolio.engine.fault;

import java.util.concurrent.atomic.LongAdder;

/** Faults of one process: what minflt of its stat shows. Any thread may count. */
public final class FaultCount {
  private final LongAdder faults = new LongAdder();

  /** One more; also one that the kernel brought about itself on the process's behalf. */
  public void increment() {
    faults.increment();
  }

  public long get() {
    return faults.sum();
  }
}
