package dev.elephantfolio.engine.sync;

import java.util.ArrayList;
import java.util.List;
import java.util.function.BooleanSupplier;
import java.util.stream.Collectors;
import org.jspecify.annotations.Nullable;

/**
 * One run of tasks, one at a time.
 *
 * <p>The turn passes from thread to thread; whoever has it is the only one to touch anything here.
 * After a failure the turn goes to each task that is left, which is unwound by {@link
 * TaskAbandoned} from the sync point it stands at.
 */
final class ScheduledRun {
  private static final ThreadLocal<@Nullable ScheduledTask> CURRENT = new ThreadLocal<>();
  private static final long HASH_MULTIPLIER = 0x9E3779B97F4A7C15L;
  private static final int NONE = -1;

  private final Scheduler scheduler;
  private final long syncPointsMax;
  private final List<ScheduledTask> tasks = new ArrayList<>();
  private final int[] runnable;
  private long syncPoints;
  private long fingerprint;
  private @Nullable TaskFailure failure;

  ScheduledRun(Scheduler scheduler, long syncPointsMax, List<Task> bodies) {
    this.scheduler = scheduler;
    this.syncPointsMax = syncPointsMax;
    this.runnable = new int[bodies.size()];
    for (Task body : bodies) {
      tasks.add(new ScheduledTask(this, tasks.size(), body));
    }
  }

  /** The calling thread's number in its run; -1 when it belongs to none. */
  static int currentTask() {
    ScheduledTask task = CURRENT.get();
    return task == null ? NONE : task.number;
  }

  static void reach(SyncPoint point) {
    ScheduledTask task = CURRENT.get();
    if (task != null) {
      task.run.reached(task, point);
    }
  }

  /** Waits until {@code ready}; false when the thread belongs to no run. */
  static boolean block(Object waitingFor, BooleanSupplier ready) {
    ScheduledTask task = CURRENT.get();
    if (task == null) {
      return false;
    }
    task.run.blocked(task, waitingFor, ready);
    return true;
  }

  RunSummary run() {
    if (!tasks.isEmpty()) {
      scheduler.start(tasks.size());
      tasks.forEach(task -> task.thread.start());
      tasks.get(pick(NONE, SyncPoint.OTHER)).giveTurn();
      Threads.joinAll(tasks.stream().map(task -> task.thread).toList());
    }
    if (failure != null) {
      throw failure;
    }
    return new RunSummary(syncPoints, fingerprint);
  }

  /** The life of a task's thread. */
  void execute(ScheduledTask task) {
    task.awaitTurn();
    CURRENT.set(task);
    task.held = LockOrder.held();
    try {
      if (failure == null) {
        task.task.body().run();
      }
    } catch (TaskAbandoned _) {
      // The failure is recorded already.
    } catch (Throwable e) {
      fail(new TaskFailure("task " + task.task.name() + " failed: " + e + schedule(), e));
    } finally {
      CURRENT.remove();
      task.done = true;
      passOn();
    }
  }

  private void reached(ScheduledTask task, SyncPoint point) {
    stopIfFailed();
    if (++syncPoints > syncPointsMax) {
      fail(new TaskFailure("no end after " + syncPointsMax + " sync points" + schedule()));
      stopIfFailed();
    }
    switchTo(task, pick(task.number, point));
  }

  private void blocked(ScheduledTask task, Object waitingFor, BooleanSupplier ready) {
    stopIfFailed();
    task.ready = ready;
    task.waitingFor = waitingFor;
    int next = pick(NONE, SyncPoint.LOCK);
    if (next == NONE) {
      fail(new TaskFailure(deadlock()));
      stopIfFailed();
    }
    switchTo(task, next);
    task.ready = null;
    task.waitingFor = null;
  }

  private void switchTo(ScheduledTask task, int next) {
    if (next != task.number) {
      tasks.get(next).giveTurn();
      task.awaitTurn();
      stopIfFailed();
    }
  }

  /** Gives the turn away for good. */
  private void passOn() {
    int next = failure == null ? pick(NONE, SyncPoint.OTHER) : firstLeft();
    if (next == NONE && failure == null && firstLeft() != NONE) {
      fail(new TaskFailure(deadlock()));
      next = firstLeft();
    }
    if (next != NONE) {
      tasks.get(next).giveTurn();
    }
  }

  private int pick(int running, SyncPoint point) {
    int count = 0;
    for (ScheduledTask task : tasks) {
      if (task.runnable()) {
        runnable[count++] = task.number;
      }
    }
    if (count == 0) {
      return NONE;
    }
    int picked = scheduler.pick(running, point, runnable, count);
    fingerprint = (fingerprint + picked + 1) * HASH_MULTIPLIER;
    fingerprint ^= fingerprint >>> 29;
    return picked;
  }

  private int firstLeft() {
    for (ScheduledTask task : tasks) {
      if (!task.done) {
        return task.number;
      }
    }
    return NONE;
  }

  private void fail(TaskFailure why) {
    if (failure == null) {
      failure = why;
    }
  }

  private void stopIfFailed() {
    if (failure != null) {
      throw new TaskAbandoned();
    }
  }

  private String deadlock() {
    return "deadlock"
        + schedule()
        + ":\n  "
        + tasks.stream().map(ScheduledTask::describe).collect(Collectors.joining("\n  "));
  }

  private String schedule() {
    return " (" + scheduler.describe() + ", after " + syncPoints + " sync points)";
  }
}
