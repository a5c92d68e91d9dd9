package dev.elephantfolio.engine.sync;

import java.util.List;

/** What one schedule of a race runs on: state of its own, the tasks, and what must hold after. */
public interface Trial {
  /** The tasks; the same in every trial of a race, and deterministic. */
  List<Task> tasks();

  /**
   * Called when all tasks have ended.
   *
   * @throws RuntimeException or an error, when something does not hold
   */
  void check();

  /**
   * A number for the state that the tasks ended in, asked for before {@link #check}: runs that came
   * through equal states must end in equal ones.
   */
  default long digest() {
    return 0;
  }
}
