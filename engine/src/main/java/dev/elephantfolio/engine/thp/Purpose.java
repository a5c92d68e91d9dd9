package dev.elephantfolio.engine.thp;

/** Why somebody asks which sizes a place may have: the rules differ a little (tva_type of 6.18). */
public enum Purpose {
  /** The {@code THPeligible} line of smaps. */
  SMAPS,
  /** A page fault. */
  PAGEFAULT,
  /** A collapse by khugepaged. */
  KHUGEPAGED,
  /** A collapse that somebody asked for (MADV_COLLAPSE): the settings do not count. */
  FORCED_COLLAPSE
}
