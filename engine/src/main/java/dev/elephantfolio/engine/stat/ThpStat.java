package dev.elephantfolio.engine.stat;

import java.util.Locale;

/** The counters under {@code transparent_hugepage/hugepages-<size>kB/stats}. */
public enum ThpStat {
  ANON_FAULT_ALLOC,
  /** Sizes passed over because of {@code anon_beside_full}. */
  ANON_FAULT_DECLINED,
  ANON_FAULT_FALLBACK,
  ANON_FAULT_FALLBACK_CHARGE,
  ZSWPOUT,
  SWPIN,
  SWPIN_FALLBACK,
  SWPIN_FALLBACK_CHARGE,
  SWPOUT,
  SWPOUT_FALLBACK,
  SHMEM_ALLOC,
  SHMEM_FALLBACK,
  SHMEM_FALLBACK_CHARGE,
  SPLIT,
  SPLIT_FAILED,
  SPLIT_DEFERRED,
  NR_ANON,
  NR_ANON_PARTIALLY_MAPPED;

  private final String kernelName = name().toLowerCase(Locale.ROOT);

  public String kernelName() {
    return kernelName;
  }
}
