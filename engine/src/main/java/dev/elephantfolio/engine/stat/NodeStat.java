package dev.elephantfolio.engine.stat;

import java.util.Locale;

/** The gauges of {@code /proc/vmstat} that the engine keeps, in pages unless said otherwise. */
public enum NodeStat {
  NR_ANON_PAGES,
  /** Anonymous memory that is PMD-mapped, in pages (vmstat shows huge pages). */
  NR_ANON_TRANSPARENT_HUGEPAGES,
  NR_FILE_PAGES,
  NR_MAPPED,
  NR_SHMEM,
  NR_MLOCK,
  NR_INACTIVE_ANON,
  NR_ACTIVE_ANON,
  NR_INACTIVE_FILE,
  NR_ACTIVE_FILE,
  NR_UNEVICTABLE,
  /** Pages pinned by gup so far; the next, those let go again. Only ever grow. */
  NR_FOLL_PIN_ACQUIRED,
  NR_FOLL_PIN_RELEASED;

  private final String kernelName = name().toLowerCase(Locale.ROOT);

  public String kernelName() {
    return kernelName;
  }
}
