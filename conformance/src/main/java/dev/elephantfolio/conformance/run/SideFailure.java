package dev.elephantfolio.conformance.run;

/** The live side cannot go on; the message is one line. */
public final class SideFailure extends RuntimeException {
  private static final long serialVersionUID = 1;

  public SideFailure(String message, Throwable cause) {
    super(message, cause);
  }
}
