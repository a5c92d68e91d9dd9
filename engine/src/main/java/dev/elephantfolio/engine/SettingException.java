package dev.elephantfolio.engine;

/** A setting that is not there, or a value that it does not take; one line for the user. */
public final class SettingException extends RuntimeException {
  private static final long serialVersionUID = 1L;

  public SettingException(String message) {
    super(message, null, false, false);
  }
}
