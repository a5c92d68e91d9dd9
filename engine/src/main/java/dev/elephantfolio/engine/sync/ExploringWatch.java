package dev.elephantfolio.engine.sync;

import java.util.List;
import org.jspecify.annotations.Nullable;

/**
 * Asks the scheduler at shared places only, and keeps a hash of the state of the run.
 *
 * <p><b>What the hash stands for.</b> A task is deterministic, so what it does next depends on what
 * it has seen so far, and on nothing else: its points and the values it read are its
 * <i>history</i>. The hash is of
 *
 * <ul>
 *   <li>each task's history, whether it has ended, waits, and could go on;
 *   <li>every number that a task changed, as it is now (so that a change and its undoing, or two
 *       additions in either order, come to the same);
 *   <li>for what lies under a lock, and objects, the histories of those who changed them, in their
 *       order.
 * </ul>
 *
 * So two runs with equal hashes will, with the same choices from there on, see the same, do the
 * same, and end alike, but for a collision of 64-bit hashes: with ten million states the odds are
 * one in three hundred thousand that any two collide.
 *
 * <p><b>What it relies on.</b> Everything that a task reads outside locks and that another task may
 * change is told to {@link SyncPoints}. A test runs each race with random schedules and checks that
 * from equal hashes equal steps lead to equal hashes; it fails when something was left out that
 * matters to what the tasks do.
 */
final class ExploringWatch extends RunWatch {
  private static final int ENDED = 1;
  private static final int WAITS = 2;
  private static final int MAY_GO_ON = 3;

  private final SharedPlaces places;
  private final LongTable states = new LongTable();
  private long fingerprint;

  ExploringWatch(SharedPlaces places) {
    this.places = places;
  }

  @Override
  boolean reached(ScheduledTask task, SyncPoint point, @Nullable SyncPlace place, long index) {
    long where = place == null ? 0 : key(place, index);
    task.history = Mix.mix(Mix.mix(task.history, point.ordinal()), where);
    return place == null || places.touch(task.number, point, place, index);
  }

  @Override
  void read(ScheduledTask task, SyncPlace place, long index, long value) {
    task.history = Mix.mix(task.history, value);
  }

  @Override
  void changed(ScheduledTask task, SyncPlace place, long index, long before, long after) {
    if (before != after) {
      long key = key(place, index);
      fingerprint ^= Mix.mix(key, before) ^ Mix.mix(key, after);
    }
  }

  @Override
  void readState(ScheduledTask task, SyncPlace place, long index) {
    task.history = Mix.mix(task.history, states.get(key(place, index)));
  }

  @Override
  void changedState(ScheduledTask task, SyncPlace place, long index) {
    long key = key(place, index);
    long before = states.get(key);
    long after = Mix.mix(before, task.history);
    states.put(key, after);
    fingerprint ^= Mix.mix(key, before) ^ Mix.mix(key, after);
  }

  @Override
  void addedState(ScheduledTask task, SyncPlace place, long index) {
    long key = key(place, index);
    long before = states.get(key);
    long after = before + Mix.mix(task.history, key);
    states.put(key, after);
    fingerprint ^= Mix.mix(key, before) ^ Mix.mix(key, after);
  }

  @Override
  long stateHash(List<ScheduledTask> tasks) {
    long hash = fingerprint;
    for (ScheduledTask task : tasks) {
      hash = Mix.mix(Mix.mix(hash, task.history), condition(task));
    }
    return hash;
  }

  private static int condition(ScheduledTask task) {
    if (task.done) {
      return ENDED;
    }
    if (task.ready == null) {
      return 0;
    }
    return task.runnable() ? MAY_GO_ON : WAITS;
  }

  private static long key(SyncPlace place, long index) {
    return Mix.mix(place.syncId(), index);
  }
}
