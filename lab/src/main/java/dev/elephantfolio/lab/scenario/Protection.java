package dev.elephantfolio.lab.scenario;

import dev.elephantfolio.engine.mm.Prot;
import java.util.Locale;

/** What a mapping allows. */
public enum Protection {
  NONE(Prot.NONE),
  R(Prot.READ),
  W(Prot.WRITE),
  X(Prot.EXEC),
  RW(Prot.READ | Prot.WRITE),
  RX(Prot.READ | Prot.EXEC),
  WX(Prot.WRITE | Prot.EXEC),
  RWX(Prot.READ | Prot.WRITE | Prot.EXEC);

  private final int bits;
  private final String word = name().toLowerCase(Locale.ROOT);

  Protection(int bits) {
    this.bits = bits;
  }

  /** PROT_ bits. */
  public int bits() {
    return bits;
  }

  /** As it is written. */
  public String word() {
    return word;
  }
}
