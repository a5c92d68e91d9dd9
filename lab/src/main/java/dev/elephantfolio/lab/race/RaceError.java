package dev.elephantfolio.lab.race;

import java.io.Serial;

/** What a race says must hold does not. */
final class RaceError extends Error {
  @Serial private static final long serialVersionUID = 1;

  RaceError(String message) {
    super(message, null, false, false);
  }
}
