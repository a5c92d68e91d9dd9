package dev.elephantfolio.engine.sync;

import java.util.ArrayDeque;
import java.util.ArrayList;
import java.util.List;
import java.util.function.LongSupplier;
import org.jspecify.annotations.Nullable;

/**
 * All schedules of a race, in increasing number of preemptions (Musuvathi and Qadeer's iterative
 * context bounding, 2007): first those in which a task goes on until it waits or ends, then those
 * in which one is interrupted once, and so on.
 *
 * <p>A run follows a <i>prefix</i> (what was chosen against the rule that the running task goes on)
 * and then the rule. At each point behind the prefix every other choice is a prefix for later; so
 * no schedule is run twice. A run that comes to a state from which all was tried already is
 * abandoned: that state was met with as many preemptions or fewer.
 *
 * <pre>
 *  choice at a point           | tried
 *  ----------------------------+--------------------------------------------------
 *  the running task goes on    | in this run
 *  another task, at will       | with one preemption more
 *  one of several, when the    | the first in this run, the others with as many
 *  running task waits or ended | preemptions
 * </pre>
 */
final class ExhaustiveScheduler implements Scheduler {
  private static final int NOBODY = -1;

  /** A choice of {@code task} at the {@code at}-th point, after those of {@code before}. */
  private record Prefix(@Nullable Prefix before, int at, int task) {}

  private final int preemptionsMax;
  private final ArrayDeque<Prefix> now = new ArrayDeque<>();
  private final List<Prefix> later = new ArrayList<>();
  private final LongSet seen = new LongSet();
  private LongSupplier stateHash = () -> 0;
  private final List<Prefix> path = new ArrayList<>();
  private int onPath;
  private int points;
  private int preemptions;
  private boolean started;

  /**
   * @param preemptionsMax how often a schedule may take the turn from a task that could go on
   */
  ExhaustiveScheduler(int preemptionsMax) {
    this.preemptionsMax = preemptionsMax;
  }

  /** Takes the next schedule; false when there is none left. */
  boolean next() {
    path.clear();
    if (!started) {
      started = true;
      return true;
    }
    if (now.isEmpty()) {
      if (later.isEmpty()) {
        return false;
      }
      preemptions++;
      now.addAll(later);
      later.clear();
    }
    for (Prefix at = now.pollFirst(); at != null; at = at.before) {
      path.addFirst(at);
    }
    return true;
  }

  /** Forgets everything: more choices have become known. */
  void startOver() {
    now.clear();
    later.clear();
    seen.clear();
    preemptions = 0;
    started = false;
  }

  /** How many preemptions the present schedule has, at most. */
  int preemptions() {
    return preemptions;
  }

  /** Schedules known of and not run yet. */
  long left() {
    return now.size() + (long) later.size();
  }

  /** Different states seen. */
  int states() {
    return seen.size();
  }

  @Override
  public void start(int tasks) {
    start(tasks, () -> 0);
  }

  @Override
  public void start(int tasks, LongSupplier hash) {
    stateHash = hash;
    onPath = 0;
    points = 0;
  }

  @Override
  public int pick(int running, SyncPoint point, int[] runnable, int count) {
    int at = points++;
    if (onPath < path.size()) {
      return pickOnPath(at, running, runnable, count);
    }
    if (count == 1) {
      return runnable[0];
    }
    if (!seen.add(Mix.mix(stateHash.getAsLong(), running))) {
      return ABANDON;
    }
    int rule = byRule(running, runnable);
    boolean preempts = running != NOBODY;
    for (int i = 0; i < count; i++) {
      if (runnable[i] != rule && (!preempts || preemptions < preemptionsMax)) {
        Prefix other = new Prefix(path.isEmpty() ? null : path.getLast(), at, runnable[i]);
        if (preempts) {
          later.add(other);
        } else {
          now.addLast(other);
        }
      }
    }
    return rule;
  }

  private int pickOnPath(int at, int running, int[] runnable, int count) {
    Prefix next = path.get(onPath);
    if (at < next.at) {
      return byRule(running, runnable);
    }
    onPath++;
    for (int i = 0; i < count; i++) {
      if (runnable[i] == next.task) {
        return next.task;
      }
    }
    throw new IllegalStateException(
        "the tasks did not do the same again: task " + next.task + " cannot run at point " + at);
  }

  private static int byRule(int running, int[] runnable) {
    return running == NOBODY ? runnable[0] : running;
  }

  @Override
  public String describe() {
    return "a schedule with at most " + preemptions + " preemptions";
  }
}
