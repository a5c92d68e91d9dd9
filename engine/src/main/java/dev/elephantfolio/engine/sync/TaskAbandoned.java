package dev.elephantfolio.engine.sync;

/** Unwinds a task of a run that has already failed. Never seen outside the run. */
final class TaskAbandoned extends Error {
  private static final long serialVersionUID = 1;

  TaskAbandoned() {
    super("the run failed elsewhere", null, false, false);
  }
}
