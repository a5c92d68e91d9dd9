package dev.elephantfolio.lab.scenario;

import dev.elephantfolio.engine.mm.MlockCalls;
import java.util.Locale;

/** What mlockall is to lock. */
public enum LockAll {
  CURRENT(MlockCalls.MCL_CURRENT),
  FUTURE(MlockCalls.MCL_FUTURE),
  ONFAULT(MlockCalls.MCL_ONFAULT);

  private final int bit;
  private final String word = name().toLowerCase(Locale.ROOT);

  LockAll(int bit) {
    this.bit = bit;
  }

  /** The MCL_ bit. */
  public int bit() {
    return bit;
  }

  /** As it is written. */
  public String word() {
    return word;
  }
}
