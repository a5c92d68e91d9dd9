package dev.elephantfolio.trace;

import java.io.IOException;
import java.io.Serial;

/**
 * A recording, or what was to become one, cannot be read. The message is one line for the user: the
 * file, where in it, what is wrong, what to do.
 */
public final class RecordingException extends IOException {
  @Serial private static final long serialVersionUID = 1;

  private final String message;
  private final long byteOffset;
  private final long eventsBefore;

  /** A failure that no offset locates. */
  public RecordingException(String message) {
    this(message, 0, 0);
  }

  RecordingException(String message, long byteOffset, long eventsBefore) {
    super(message);
    this.message = message;
    this.byteOffset = byteOffset;
    this.eventsBefore = eventsBefore;
  }

  /** The one line for the user. */
  @Override
  public String getMessage() {
    return message;
  }

  /** Where the damage is: the first byte of the damaged part, or the length of a truncated file. */
  public long byteOffset() {
    return byteOffset;
  }

  /** How many events can still be read before the damage. */
  public long eventsBefore() {
    return eventsBefore;
  }
}
