package dev.elephantfolio.engine.sync;

import java.util.concurrent.locks.LockSupport;
import java.util.function.BooleanSupplier;
import org.jspecify.annotations.Nullable;

/**
 * A task of a scheduled run: a thread that goes only when it is its turn.
 *
 * <p>The threads are virtual: passing the turn on is then a switch of stacks by the JVM's own
 * scheduler, about a third of a microsecond, where two platform threads need the operating system.
 *
 * <p>All fields but {@code turn} are touched only by the thread whose turn it is; passing the turn
 * on makes them visible.
 */
final class ScheduledTask {
  final ScheduledRun run;
  final int number;
  final Task task;
  final Thread thread;

  private volatile boolean turn;

  boolean done;

  /** What must hold before it can go on; null when it can. */
  @Nullable BooleanSupplier ready;

  /** What it waits for, while {@link #ready} is there. */
  @Nullable Object waitingFor;

  /** What its thread holds; null before its first turn. */
  @Nullable HeldLocks held;

  /** Points it has passed since it was last given the turn. */
  int pointsOfTurn;

  /** A hash of its points and of all it has seen, which determine what it does next. */
  long history;

  /** Places it has made. */
  int placesMade;

  ScheduledTask(ScheduledRun run, int number, Task task) {
    this.run = run;
    this.number = number;
    this.task = task;
    this.thread = Thread.ofVirtual().name(task.name()).unstarted(() -> run.execute(this));
  }

  boolean runnable() {
    BooleanSupplier condition = ready;
    return !done && (condition == null || condition.getAsBoolean());
  }

  /** Lets it go; called by whoever's turn ends with this. */
  void giveTurn() {
    pointsOfTurn = 0;
    turn = true;
    LockSupport.unpark(thread);
  }

  /** Waits for its turn. */
  void awaitTurn() {
    while (!turn) {
      LockSupport.park(run);
      // An interrupt would make park return at once for ever; nothing in a task waits for one.
      Thread.interrupted();
    }
    turn = false;
  }

  String describe() {
    String state = done ? "has ended" : waitingFor == null ? "can run" : "waits for " + waitingFor;
    return task.name() + " " + state + ", holds " + (held == null ? "[]" : held);
  }
}
