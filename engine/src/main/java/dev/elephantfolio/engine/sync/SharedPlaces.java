package dev.elephantfolio.engine.sync;

/**
 * Which places the tasks of a race share: those that, in one run, one of them changes and another
 * touches. Only there does it matter who comes first.
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
  /**
   * <pre>
   *  bits of what is kept of a place
   *   0..15  the tasks that touched it in the run of the number above
   *  16..31  those of them that changed it
   *  32      it is shared
   *  33..63  the number of the run that touched it last
   * </pre>
   */
  private static final int WRITERS_SHIFT = 16;

  private static final long TASKS_MASK = (1L << WRITERS_SHIFT) - 1;
  private static final long SHARED = 1L << 32;
  private static final int RUN_SHIFT = 33;

  private final LongTable places = new LongTable();
  private long run;
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

  /** A new run begins. */
  void nextRun() {
    run++;
  }

  /** How many places are known to be shared; grows while learning. */
  int size() {
    return shared;
  }

  /** Whether what {@code task} is about to touch is shared. */
  boolean touch(int task, SyncPoint point, SyncPlace place, long index) {
    long key = key(place, index);
    long known = places.get(key);
    if (settled) {
      return known == 0 || (known & SHARED) != 0;
    }
    if ((known & SHARED) != 0) {
      return true;
    }
    long bit = 1L << task;
    long before = known >>> RUN_SHIFT == run ? known : run << RUN_SHIFT;
    long now = before | bit | (point.isRead() ? 0 : bit << WRITERS_SHIFT);
    if (isContended(now)) {
      now |= SHARED;
      shared++;
    }
    if (now != known) {
      places.put(key, now);
    }
    return (now & SHARED) != 0;
  }

  private static boolean isContended(long kept) {
    return ((kept >>> WRITERS_SHIFT) & TASKS_MASK) != 0 && Long.bitCount(kept & TASKS_MASK) > 1;
  }

  /** What tasks make has another number in each history, but is made for the same purpose. */
  private static long key(SyncPlace place, long index) {
    long id = place.syncId();
    long kind = id < 0 ? place.getClass().getName().hashCode() : 0;
    return Mix.mix(Mix.mix(PlaceIds.withoutHistory(id), kind), index);
  }
}
