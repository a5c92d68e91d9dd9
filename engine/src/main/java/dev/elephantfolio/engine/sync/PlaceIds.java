package dev.elephantfolio.engine.sync;

import org.jspecify.annotations.Nullable;

/**
 * Numbers for places, such that one place has one number in all schedules of a race.
 *
 * <pre>
 *  made by          | number
 *  -----------------+--------------------------------------------------------------------------
 *  a task           | negative: the task, and a hash of all it has seen so far
 *  the set-up       | 1, 2, 3 in order of making: no other thread is there
 *  anybody else     | 0
 * </pre>
 */
final class PlaceIds {
  private static final int TASK_SHIFT = 59;
  private static final long HASH_MASK = (1L << TASK_SHIFT) - 1;

  private static final ThreadLocal<@Nullable PlaceIds> SET_UP = new ThreadLocal<>();

  private long last;

  private PlaceIds() {}

  /** From now on this thread sets up the state that a run begins with. */
  static void beginSetUp() {
    SET_UP.set(new PlaceIds());
  }

  static void endSetUp() {
    SET_UP.remove();
  }

  static long next() {
    ScheduledTask task = ScheduledRun.current();
    if (task != null) {
      long hash = Mix.mix(task.history, ++task.placesMade) & HASH_MASK;
      return Long.MIN_VALUE | (long) task.number << TASK_SHIFT | hash;
    }
    PlaceIds setUp = SET_UP.get();
    return setUp == null ? 0 : ++setUp.last;
  }

  /** The number without what depends on the schedule. */
  static long withoutHistory(long id) {
    return id < 0 ? id & ~HASH_MASK : id;
  }
}
