package dev.elephantfolio.concurrency.soak;

import dev.elephantfolio.engine.MemoryException;

/** Something did not hold. */
public final class SoakFailure extends RuntimeException {
  private static final long serialVersionUID = 1;

  SoakFailure(String message) {
    super(message);
  }

  SoakFailure(String message, Throwable cause) {
    super(message, cause);
  }

  /** A call may be refused, but an access to memory that is mapped ends in no signal. */
  static void unlessRefused(MemoryException refused) {
    if (refused.signal().isPresent()) {
      throw new SoakFailure("an access ended in " + refused.getMessage(), refused);
    }
  }
}
