package dev.elephantfolio.engine.stat;

import dev.elephantfolio.engine.sync.Cpus;
import java.lang.invoke.MethodHandles;
import java.lang.invoke.VarHandle;

/**
 * A row of counters kept once per processor and summed when read: cheap to move, exact when nobody
 * moves them.
 */
public final class StripedCounters {
  private static final VarHandle COUNT = MethodHandles.arrayElementVarHandle(long[].class);

  /** Longs of two cache lines, so that processors do not share one. */
  private static final int PADDING = 16;

  private final Cpus cpus;
  private final int stride;
  private final long[] counts;

  /** {@code counters} counters for the processors of {@code cpus}. */
  public StripedCounters(Cpus cpus, int counters) {
    this.cpus = cpus;
    this.stride = counters + PADDING;
    this.counts = new long[stride * cpus.count() + PADDING];
  }

  public void add(int counter, long delta) {
    long _ = (long) COUNT.getAndAdd(counts, cpus.current() * stride + PADDING + counter, delta);
  }

  public long sum(int counter) {
    long sum = 0;
    for (int at = PADDING + counter; at < counts.length; at += stride) {
      sum += (long) COUNT.getVolatile(counts, at);
    }
    return sum;
  }
}
