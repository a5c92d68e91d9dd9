package dev.elephantfolio.engine.sync;

import java.util.function.LongSupplier;

/**
 * Random schedules that check the hash of a run's state: from equal hashes, equal choices must lead
 * to equal hashes. Where they do not, something that tasks read was not told to {@link SyncPoints}.
 */
final class StateAudit implements Scheduler {
  private static final long AT_START = 1;

  private final LongTable nextByChoice = new LongTable();
  private Scheduler random = Scheduler.random(0);
  private LongSupplier stateHash = () -> 0;
  private long lastChoice;
  private long met;
  private long repeated;
  private String broken = "";

  /** A schedule of this seed follows. */
  void seed(long seed) {
    random = Scheduler.random(seed);
  }

  @Override
  public void start(int tasks) {
    random.start(tasks);
  }

  @Override
  public void start(int tasks, LongSupplier hash) {
    stateHash = hash;
    lastChoice = AT_START;
    start(tasks);
  }

  @Override
  public int pick(int running, SyncPoint point, int[] runnable, int count) {
    long state = Mix.mix(stateHash.getAsLong(), running);
    arrive(Mix.mix(state, count), point.verb());
    int picked = random.pick(running, point, runnable, count);
    lastChoice = Mix.mix(state, picked + 1);
    return picked;
  }

  @Override
  public void ended(LongSupplier digest) {
    arrive(Mix.mix(lastChoice, digest.getAsLong()), "at the end");
  }

  private void arrive(long state, String where) {
    long known = nextByChoice.get(lastChoice);
    met++;
    if (known == 0) {
      nextByChoice.put(lastChoice, state);
    } else if (known == state) {
      repeated++;
    } else if (broken.isEmpty()) {
      broken =
          "from one state one choice led to two: after "
              + met
              + " points, "
              + where
              + ", "
              + random.describe();
    }
  }

  /** Points met in a state that had been met before. */
  long repeated() {
    return repeated;
  }

  /** What was wrong; empty when nothing was. */
  String broken() {
    return broken;
  }

  @Override
  public String describe() {
    return random.describe();
  }
}
