package dev.elephantfolio.engine.sync;

/**
 * Which places the tasks of a race share: those that one of them changes and another touches. Only
 * there does it matter who comes first.
 *
 * <p>Learnt by watching runs. A search over all schedules starts over when it learns of one more,
 * so at its end it has asked the scheduler at every place that any of its runs shares; and a run in
 * which some place were shared that none of them shares would first have to differ from all of them
 * at a place that is.
 *
 * <pre>
 *  state    | a place that was never seen | what is seen
 *  ---------+-----------------------------+---------------
 *  learning | is not shared yet           | is added
 *  settled  | counts as shared            | is not added: the same seed is the same schedule
 * </pre>
 */
final class SharedPlaces {
  private static final int WRITERS_SHIFT = 16;
  private static final long TASKS_MASK = (1L << WRITERS_SHIFT) - 1;

  /** For each place, bits of the tasks that touched it, and of those that changed it. */
  private final LongTable tasksByPlace = new LongTable();

  private boolean settled;
  private int shared;

  /** From now on nothing is added. */
  void settle() {
    settled = true;
  }

  /** From now on places are added. */
  void learn() {
    settled = false;
  }

  /** How many places are known to be shared; grows while learning. */
  int size() {
    return shared;
  }

  /** Whether what {@code task} is about to touch is shared. */
  boolean touch(int task, SyncPoint point, SyncPlace place, long index) {
    long key = key(place, index);
    long known = tasksByPlace.get(key);
    if (settled) {
      return known == 0 || isShared(known);
    }
    long bit = 1L << task;
    long now = known | bit | (point.isRead() ? 0 : bit << WRITERS_SHIFT);
    if (now != known) {
      tasksByPlace.put(key, now);
      shared += !isShared(known) && isShared(now) ? 1 : 0;
    }
    return isShared(now);
  }

  private static boolean isShared(long tasks) {
    return tasks >>> WRITERS_SHIFT != 0 && Long.bitCount(tasks & TASKS_MASK) > 1;
  }

  /** What tasks make has another number in each history, but is made for the same purpose. */
  private static long key(SyncPlace place, long index) {
    long id = place.syncId();
    long kind = id < 0 ? place.getClass().getName().hashCode() : 0;
    return Mix.mix(Mix.mix(PlaceIds.withoutHistory(id), kind), index);
  }
}
