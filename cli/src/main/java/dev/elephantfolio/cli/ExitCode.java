package dev.elephantfolio.cli;

/** What {@code efolio} ends with. */
final class ExitCode {
  static final int DONE = 0;

  /** The answer is no. */
  static final int NO = 1;

  /** Bad use or bad input. */
  static final int BAD_INPUT = 2;

  /** Nobody reads what we write: what a program ends with that dies of it, 128 + SIGPIPE. */
  static final int BROKEN_PIPE = 141;

  private ExitCode() {}
}
