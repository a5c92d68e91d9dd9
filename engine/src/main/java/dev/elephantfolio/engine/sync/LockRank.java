package dev.elephantfolio.engine.sync;

import java.util.Locale;

/** The locks' places in the order, outermost first; {@link LockOrder} draws it as a tree. */
public enum LockRank {
  PIPE,
  MMAP_LOCK,
  ALL_LOCKS,
  VMA_LOCK,
  FOLIO_LOCK,
  I_MMAP,
  ANON_VMA,
  KHUGEPAGED_MM,
  SECONDARY_MMU,
  PMD,
  PTE,
  SECONDARY_TLB,
  DEFERRED_SPLIT,
  LRU_BATCH,
  LRU,
  PCP,
  ZONE,
  NOTIFIER_LIST,
  COUNTERS;

  /** A name for people. */
  public String label() {
    return name().toLowerCase(Locale.ROOT).replace("_lock", "");
  }
}
