package dev.elephantfolio.engine.stat;

import java.util.Locale;

/** The event counters of {@code /proc/vmstat} that the engine keeps, by the kernel's names. */
public enum VmEvent {
  PGFAULT,
  PGMAJFAULT,
  PGREUSE,
  PGMIGRATE_SUCCESS,
  PGMIGRATE_FAIL,
  ALLOCSTALL_NORMAL,
  COMPACT_STALL,
  COMPACT_FAIL,
  COMPACT_SUCCESS,
  UNEVICTABLE_PGS_MLOCKED,
  UNEVICTABLE_PGS_MUNLOCKED,
  PGLAZYFREE,
  PGLAZYFREED,
  THP_MIGRATION_SUCCESS,
  THP_MIGRATION_FAIL,
  THP_MIGRATION_SPLIT,
  THP_FAULT_ALLOC,
  THP_FAULT_FALLBACK,
  THP_FAULT_FALLBACK_CHARGE,
  THP_COLLAPSE_ALLOC,
  THP_COLLAPSE_ALLOC_FAILED,
  THP_FILE_ALLOC,
  THP_FILE_FALLBACK,
  THP_FILE_FALLBACK_CHARGE,
  THP_FILE_MAPPED,
  THP_SPLIT_PAGE,
  THP_SPLIT_PAGE_FAILED,
  THP_DEFERRED_SPLIT_PAGE,
  THP_UNDERUSED_SPLIT_PAGE,
  THP_SPLIT_PMD,
  THP_SCAN_EXCEED_NONE_PTE,
  THP_SCAN_EXCEED_SWAP_PTE,
  THP_SCAN_EXCEED_SHARE_PTE,
  THP_SPLIT_PUD,
  THP_ZERO_PAGE_ALLOC,
  THP_ZERO_PAGE_ALLOC_FAILED,
  THP_SWPOUT,
  THP_SWPOUT_FALLBACK,
  /** First touches that mapped a small page of their own; like the next four, not in Linux. */
  FAULT_ANON_SMALL,
  FAULT_ZERO_PAGE,
  FAULT_HUGE_ZERO_PAGE,
  FAULT_FILE_MAPPED,
  /** First touches that were private writes to a file's page. */
  FAULT_FILE_COPIED,
  /** Page copies made by copy-on-write; Linux counts these only for KSM. */
  COW_COPY;

  private final String kernelName = name().toLowerCase(Locale.ROOT);

  /** The name that {@code /proc/vmstat} shows. */
  public String kernelName() {
    return kernelName;
  }
}
