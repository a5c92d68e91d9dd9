package dev.elephantfolio.engine.sync;

/** A lock was taken, released or relied upon against the rules of {@link LockOrder}: a bug. */
public final class LockOrderError extends Error {
  private static final long serialVersionUID = 1;

  LockOrderError(String message) {
    super(message);
  }
}
