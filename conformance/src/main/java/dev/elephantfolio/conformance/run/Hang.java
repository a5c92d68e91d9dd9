package dev.elephantfolio.conformance.run;

/** A side does not come back from a step. */
final class Hang extends RuntimeException {
  private static final long serialVersionUID = 1;

  Hang(long seconds) {
    super("nothing for " + seconds + " s", null, false, false);
  }
}
