package dev.elephantfolio.engine.thp;

/**
 * {@code transparent_hugepage/defrag}: how hard a fault tries for a huge page.
 *
 * <pre>
 *  mode           | advised area                 | other area
 *  ---------------+------------------------------+-------------------------------
 *  ALWAYS         | direct reclaim and compaction | the same, without retries
 *  DEFER          | wakes kswapd only            | wakes kswapd only
 *  DEFER_MADVISE  | direct                       | wakes kswapd only
 *  MADVISE        | direct                       | takes what is free
 *  NEVER          | takes what is free           | takes what is free
 * </pre>
 */
public enum DefragMode {
  ALWAYS,
  DEFER,
  DEFER_MADVISE,
  MADVISE,
  NEVER
}
