package dev.elephantfolio.linux;

/**
 * Something the user can mend: its message is one line that says what is wrong, where, and what to
 * do. Faces print the message alone; a stack trace would say nothing more.
 */
public final class LinuxException extends RuntimeException {
  private static final long serialVersionUID = 1L;

  private final String line;

  /** One line, without a full stop at its end. */
  public LinuxException(String line) {
    super(line);
    this.line = line;
  }

  /** One line, and what brought it about. */
  public LinuxException(String line, Throwable cause) {
    super(line, cause);
    this.line = line;
  }

  @Override
  public String getMessage() {
    return line;
  }
}
