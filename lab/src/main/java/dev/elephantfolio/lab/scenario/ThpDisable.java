package dev.elephantfolio.lab.scenario;

import dev.elephantfolio.engine.mm.PrctlCall;

/** What prctl(PR_SET_THP_DISABLE) is given. */
public enum ThpDisable {
  OFF("0", 0, 0),
  ON("1", 1, 0),
  EXCEPT_ADVISED("except_advised", 1, PrctlCall.THP_DISABLE_EXCEPT_ADVISED);

  private final String word;
  private final long argument;
  private final long flags;

  ThpDisable(String word, long argument, long flags) {
    this.word = word;
    this.argument = argument;
    this.flags = flags;
  }

  /** As it is written. */
  public String word() {
    return word;
  }

  /** The second argument of prctl. */
  public long argument() {
    return argument;
  }

  /** The third argument of prctl. */
  public long flags() {
    return flags;
  }
}
