package dev.elephantfolio.engine.sync;

/**
 * A task of a run failed, or the run could not go on; the message says under which schedule, so
 * that it can be run again.
 */
public final class TaskFailure extends RuntimeException {
  private static final long serialVersionUID = 1;

  TaskFailure(String message) {
    super(message);
  }

  TaskFailure(String message, Throwable cause) {
    super(message, cause);
  }
}
