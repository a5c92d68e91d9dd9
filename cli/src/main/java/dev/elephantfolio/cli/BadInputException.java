package dev.elephantfolio.cli;

import java.io.Serial;

/** What the user gave cannot be used. The message is one line: what, where, what to do. */
final class BadInputException extends RuntimeException {
  @Serial private static final long serialVersionUID = 1;

  BadInputException(String message) {
    super(message, null, false, false);
  }
}
