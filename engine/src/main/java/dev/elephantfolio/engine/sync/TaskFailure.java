package dev.elephantfolio.engine.sync;

import org.jspecify.annotations.Nullable;

/**
 * A task of a run failed, or the run could not go on; the message says under which schedule, so
 * that it can be run again.
 */
public final class TaskFailure extends RuntimeException {
  private static final long serialVersionUID = 1;

  private final String what;

  /**
   * @param what what was wrong
   * @param where under which schedule, with a space before it
   */
  TaskFailure(String what, String where, @Nullable Throwable cause) {
    super(what + where, cause);
    this.what = what;
  }

  /** A task threw {@code cause}. */
  static TaskFailure of(Task task, String where, Throwable cause) {
    return new TaskFailure("task " + task.name() + " failed: " + describe(cause), where, cause);
  }

  /**
   * What was wrong, for people: what a check says stands for itself; of what should not have been
   * thrown at all its kind is told, too.
   */
  public static String describe(Throwable failure) {
    if (failure instanceof TaskFailure of) {
      return of.what;
    }
    String kind = failure.getClass().getSimpleName();
    String message = failure.getMessage();
    if (message == null) {
      return kind;
    }
    return failure instanceof Error ? message : kind + ": " + message;
  }
}
