package dev.elephantfolio.engine.sync;

import java.util.ArrayList;
import java.util.List;
import java.util.function.BooleanSupplier;
import java.util.function.Supplier;
import java.util.stream.Collectors;
import org.jspecify.annotations.Nullable;

/**
 * One run of tasks, one at a time.
 *
 * <p>The turn passes from thread to thread; whoever has it is the only one to touch anything here.
 * After a failure the turn goes to each task that is left, which is unwound by {@link
 * TaskAbandoned} from the sync point it stands at; so it is when the scheduler abandons the run.
 *
 * <p>A task that goes on for {@value #FAIR_POINTS} points while others could run is made to step
 * aside: it may be waiting for one of them without saying so.
 */
final class ScheduledRun {
  private static final ThreadLocal<@Nullable ScheduledTask> CURRENT = new ThreadLocal<>();
  private static final int NONE = -1;
  private static final int FAIR_POINTS = 200_000;

  private final Scheduler scheduler;
  private final long syncPointsMax;
  private final RunWatch watch;
  private final List<ScheduledTask> tasks = new ArrayList<>();
  private final int[] runnable;
  private final Schedule.Recorder recorder = new Schedule.Recorder();
  private long points;
  private long syncPoints;
  private long fingerprint;
  private boolean abandoned;
  private @Nullable TaskFailure failure;

  /** Set while somebody looks whether tasks can go on: what is read then is read by none. */
  private boolean looking;

  ScheduledRun(Scheduler scheduler, long syncPointsMax, List<Task> bodies, RunWatch watch) {
    this.scheduler = scheduler;
    this.syncPointsMax = syncPointsMax;
    this.watch = watch;
    this.runnable = new int[bodies.size()];
    for (Task body : bodies) {
      tasks.add(new ScheduledTask(this, tasks.size(), body));
    }
  }

  /** The calling thread's task; null when it belongs to no run. */
  static @Nullable ScheduledTask current() {
    return CURRENT.get();
  }

  /** The calling thread's number in its run; -1 when it belongs to none. */
  static int currentTask() {
    ScheduledTask task = CURRENT.get();
    return task == null ? NONE : task.number;
  }

  static void reach(SyncPoint point, @Nullable SyncPlace place, long index) {
    ScheduledTask task = watched();
    if (task != null) {
      task.run.reached(task, point, place, index);
    }
  }

  static void read(SyncPlace place, long index, long value) {
    ScheduledTask task = watched();
    if (task != null) {
      task.run.watch.read(task, place, index, value);
    }
  }

  static void changed(SyncPlace place, long index, long before, long after) {
    ScheduledTask task = watched();
    if (task != null) {
      task.run.watch.changed(task, place, index, before, after);
    }
  }

  static void readState(SyncPlace place, long index) {
    ScheduledTask task = watched();
    if (task != null) {
      task.run.watch.readState(task, place, index);
    }
  }

  static void changedState(SyncPlace place, long index) {
    ScheduledTask task = watched();
    if (task != null) {
      task.run.watch.changedState(task, place, index);
    }
  }

  static void addedState(SyncPlace place, long index) {
    ScheduledTask task = watched();
    if (task != null) {
      task.run.watch.addedState(task, place, index);
    }
  }

  static void note(Supplier<String> what) {
    ScheduledTask task = watched();
    if (task != null) {
      task.run.watch.note(task, what);
    }
  }

  /** The calling thread's task, unless it only looks around. */
  private static @Nullable ScheduledTask watched() {
    ScheduledTask task = CURRENT.get();
    return task == null || task.run.looking ? null : task;
  }

  /** Runs {@code look} so that nothing it touches counts. */
  <T> T looking(Supplier<T> look) {
    boolean was = looking;
    looking = true;
    try {
      return look.get();
    } finally {
      looking = was;
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

  /**
   * Runs the tasks to their ends.
   *
   * @throws TaskFailure when one failed, or they could not go on
   */
  RunSummary run() {
    if (!tasks.isEmpty()) {
      scheduler.start(tasks.size(), this::stateHash);
      tasks.forEach(task -> task.thread.start());
      int first = pick(NONE, SyncPoint.OTHER);
      tasks.get(first == NONE ? firstLeft() : first).giveTurn();
      Threads.joinAll(tasks.stream().map(task -> task.thread).toList());
    }
    if (failure != null) {
      throw failure;
    }
    return new RunSummary(syncPoints, fingerprint);
  }

  /** What tasks wait for is looked at here, too. */
  private long stateHash() {
    looking = true;
    long hash = watch.stateHash(tasks);
    looking = false;
    return hash;
  }

  /** Whether the scheduler ended the run before its time. */
  boolean isAbandoned() {
    return abandoned;
  }

  /** Points at which the scheduler was asked. */
  long syncPoints() {
    return syncPoints;
  }

  /** What was run so far. */
  Schedule schedule() {
    return recorder.schedule();
  }

  /** The life of a task's thread. */
  void execute(ScheduledTask task) {
    task.awaitTurn();
    CURRENT.set(task);
    task.held = LockOrder.held();
    Throwable thrown = null;
    try {
      if (!isOver()) {
        task.task.body().run();
      }
    } catch (TaskAbandoned _) {
      // The failure is recorded already.
    } catch (Throwable e) {
      thrown = e;
      fail(TaskFailure.of(task.task, where(), e));
    } finally {
      CURRENT.remove();
      task.done = true;
      watch.ended(task, thrown);
      passOn(task);
    }
  }

  private boolean isOver() {
    return failure != null || abandoned;
  }

  private void reached(ScheduledTask task, SyncPoint point, @Nullable SyncPlace place, long index) {
    if (isOver()) {
      unwind(point);
      return;
    }
    if (++points > syncPointsMax) {
      fail(new TaskFailure("no end after " + syncPointsMax + " sync points", where(), null));
      unwind(point);
      return;
    }
    task.pointsOfTurn++;
    boolean choice = watch.reached(task, point, place, index);
    if (task.pointsOfTurn >= FAIR_POINTS) {
      stepAside(task);
    } else if (choice) {
      syncPoints++;
      switchTo(task, pick(task.number, point));
    }
    if (isOver()) {
      unwind(point);
      return;
    }
    watch.passed(task, point, place, index);
  }

  /** A release still happens when all is over, so that whoever unwinds finds its locks free. */
  private static void unwind(SyncPoint point) {
    if (point != SyncPoint.UNLOCK) {
      throw new TaskAbandoned();
    }
  }

  private void stepAside(ScheduledTask task) {
    task.ready = () -> false;
    int next = pick(NONE, SyncPoint.OTHER);
    task.ready = null;
    if (next == NONE) {
      task.pointsOfTurn = 0;
    } else {
      switchTo(task, next);
    }
  }

  private void blocked(ScheduledTask task, Object waitingFor, BooleanSupplier ready) {
    if (isOver()) {
      throw new TaskAbandoned();
    }
    watch.waits(task, waitingFor);
    task.ready = ready;
    task.waitingFor = waitingFor;
    int next = pick(NONE, SyncPoint.LOCK);
    if (next == NONE && !isOver()) {
      fail(deadlock());
    }
    if (isOver()) {
      throw new TaskAbandoned();
    }
    recorder.add(task.number, Schedule.TO_THE_END);
    if (next != task.number) {
      handOver(task, next);
    } else {
      task.pointsOfTurn = 0;
    }
    task.ready = null;
    task.waitingFor = null;
    if (isOver()) {
      throw new TaskAbandoned();
    }
  }

  private void switchTo(ScheduledTask task, int next) {
    if (next != task.number && next != NONE) {
      recorder.add(task.number, task.pointsOfTurn);
      handOver(task, next);
    }
  }

  private void handOver(ScheduledTask task, int next) {
    tasks.get(next).giveTurn();
    task.awaitTurn();
  }

  /** Gives the turn away for good. */
  private void passOn(ScheduledTask task) {
    recorder.add(task.number, Schedule.TO_THE_END);
    int next = isOver() ? NONE : pick(NONE, SyncPoint.OTHER);
    if (next == NONE && !isOver() && firstLeft() != NONE) {
      fail(deadlock());
    }
    if (next == NONE) {
      next = firstLeft();
    }
    if (next != NONE) {
      tasks.get(next).giveTurn();
    }
  }

  /** The task to go on; NONE when none can, or the scheduler wants no more of this. */
  private int pick(int running, SyncPoint point) {
    int count = 0;
    looking = true;
    for (ScheduledTask task : tasks) {
      if (task.runnable()) {
        runnable[count++] = task.number;
      }
    }
    looking = false;
    if (count == 0) {
      return NONE;
    }
    int picked = scheduler.pick(running, point, runnable, count);
    if (picked == Scheduler.ABANDON) {
      abandoned = true;
      return NONE;
    }
    fingerprint = Mix.mix(fingerprint, picked + 1);
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
    if (!isOver()) {
      failure = why;
    }
  }

  private TaskFailure deadlock() {
    String who =
        tasks.stream().map(ScheduledTask::describe).collect(Collectors.joining("\n  ", "\n  ", ""));
    return new TaskFailure("deadlock:" + who, where(), null);
  }

  private String where() {
    return " (" + scheduler.describe() + ", after " + syncPoints + " sync points)";
  }
}
