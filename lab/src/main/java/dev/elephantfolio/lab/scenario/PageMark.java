package dev.elephantfolio.lab.scenario;

import java.util.Locale;

/** What a page is or is not. */
public enum PageMark {
  PRESENT,
  EXCLUSIVE,
  SWAPPED,
  GUARD,
  FILE,
  PMD,
  ZERO,
  KSM;

  private final String word = name().toLowerCase(Locale.ROOT);

  /** As it is written. */
  public String word() {
    return word;
  }
}
