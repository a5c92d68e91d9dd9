package dev.elephantfolio.lab.scenario;

import dev.elephantfolio.engine.mm.MapFlags;
import java.util.Locale;

/** A word that adds one flag to mmap. */
public enum MapOption {
  POPULATE(MapFlags.POPULATE),
  LOCKED(MapFlags.LOCKED),
  NORESERVE(MapFlags.NORESERVE),
  GROWSDOWN(MapFlags.GROWSDOWN),
  /** Refuses to replace what is mapped there: MAP_FIXED_NOREPLACE instead of MAP_FIXED. */
  NOREPLACE(MapFlags.FIXED_NOREPLACE);

  private final int bit;
  private final String word = name().toLowerCase(Locale.ROOT);

  MapOption(int bit) {
    this.bit = bit;
  }

  /** The MAP_ bit. */
  public int bit() {
    return bit;
  }

  /** As it is written. */
  public String word() {
    return word;
  }
}
