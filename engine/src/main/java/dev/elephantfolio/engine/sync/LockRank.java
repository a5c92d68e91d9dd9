package dev.elephantfolio.engine.sync;

/** The locks' places in the order, outermost first; {@link LockOrder} draws it as a tree. */
public enum LockRank {
  PIPE,
  MMAP_LOCK,
  VMA_LOCK,
  FOLIO_LOCK,
  I_MMAP,
  ANON_VMA,
  KHUGEPAGED_MM,
  PMD,
  PTE,
  DEFERRED_SPLIT,
  LRU_BATCH,
  LRU,
  PCP,
  ZONE,
  COUNTERS
}
