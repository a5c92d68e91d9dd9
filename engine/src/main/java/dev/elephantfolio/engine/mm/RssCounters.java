package dev.elephantfolio.engine.mm;

import dev.elephantfolio.engine.stat.StripedCounters;
import dev.elephantfolio.engine.sync.Cpus;

/** The resident pages of one process by kind, striped so that concurrent faults do not meet. */
@SuppressWarnings("EnumOrdinal") // an index into counters that live as long as the process
final class RssCounters {
  private static final RssKind[] KINDS = RssKind.values();

  private final StripedCounters counters;

  RssCounters(Cpus cpus) {
    this.counters = new StripedCounters(cpus, KINDS.length);
  }

  void add(RssKind kind, long pages) {
    counters.add(kind.ordinal(), pages);
  }

  /** Never negative: while others add, a page may be seen dropped but not yet taken. */
  long sum(RssKind kind) {
    return Math.max(counters.sum(kind.ordinal()), 0);
  }

  long resident() {
    return sum(RssKind.FILE) + sum(RssKind.ANON) + sum(RssKind.SHMEM);
  }

  boolean isZero() {
    for (RssKind kind : KINDS) {
      if (counters.sum(kind.ordinal()) != 0) {
        return false;
      }
    }
    return true;
  }
}
