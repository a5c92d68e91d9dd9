package dev.elephantfolio.concurrency.soak;

import dev.elephantfolio.engine.MemoryException;
import java.util.OptionalInt;

/** Something did not hold. */
public final class SoakFailure extends RuntimeException {
  private static final long serialVersionUID = 1;
  private static final int NO_PAGE = -1;

  private final int page;

  SoakFailure(String message) {
    super(message);
    this.page = NO_PAGE;
  }

  SoakFailure(String message, Throwable cause) {
    super(message, cause);
    this.page = NO_PAGE;
  }

  /** Of what was found in a page. */
  SoakFailure(int page, String message) {
    super(message);
    this.page = page;
  }

  /** The page that it was found in, if it was in one. */
  OptionalInt page() {
    return page == NO_PAGE ? OptionalInt.empty() : OptionalInt.of(page);
  }

  /** A call may be refused, but an access to memory that is mapped ends in no signal. */
  static void unlessRefused(MemoryException refused) {
    if (refused.signal().isPresent()) {
      throw new SoakFailure("an access ended in " + refused.getMessage(), refused);
    }
  }
}
