package dev.elephantfolio.lab.scenario;

import java.util.Locale;

/** A word that says how pages are pinned. */
public enum PinOption {
  /** They will be written to: FOLL_WRITE. */
  WRITE,
  /** The pin may last for ever: FOLL_LONGTERM. */
  LONGTERM,
  /** What is there already is pinned without a lock: pin_user_pages_fast. */
  FAST;

  private final String word = name().toLowerCase(Locale.ROOT);

  /** As it is written. */
  public String word() {
    return word;
  }
}
