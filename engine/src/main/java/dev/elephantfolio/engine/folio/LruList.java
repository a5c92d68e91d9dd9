package dev.elephantfolio.engine.folio;

/** The lists that reclaim ages folios on. */
public enum LruList {
  INACTIVE_ANON,
  ACTIVE_ANON,
  INACTIVE_FILE,
  ACTIVE_FILE,
  /** Folios that may not be reclaimed; counted, not linked. */
  UNEVICTABLE
}
