package dev.elephantfolio.lab.scenario;

import java.util.Locale;

/** What a present page has a number of. */
public enum PageNumber {
  MAPCOUNT,
  ORDER,
  INDEX,
  VALUE;

  private final String word = name().toLowerCase(Locale.ROOT);

  /** As it is written. */
  public String word() {
    return word;
  }
}
