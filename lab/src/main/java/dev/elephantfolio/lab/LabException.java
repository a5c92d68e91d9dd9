package dev.elephantfolio.lab;

import java.io.Serial;

/** Something the user gave cannot be used. The message is one line: what, where, what to do. */
public final class LabException extends RuntimeException {
  @Serial private static final long serialVersionUID = 1;

  private final String message;

  public LabException(String message) {
    super(message, null, false, false);
    this.message = message;
  }

  @Override
  public String getMessage() {
    return message;
  }
}
