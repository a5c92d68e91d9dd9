package dev.elephantfolio.engine.invariant;

/** Something that must always hold does not; the message says what and where. */
public final class InvariantError extends AssertionError {
  private static final long serialVersionUID = 1L;

  InvariantError(String message) {
    super(message);
  }
}
