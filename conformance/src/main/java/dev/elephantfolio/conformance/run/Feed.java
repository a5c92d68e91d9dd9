package dev.elephantfolio.conformance.run;

import dev.elephantfolio.lab.scenario.Counters;
import dev.elephantfolio.lab.scenario.Outcome;
import dev.elephantfolio.lab.scenario.Scenario;
import dev.elephantfolio.lab.scenario.Side;
import dev.elephantfolio.lab.scenario.Snapshot;
import dev.elephantfolio.lab.scenario.Step;
import dev.elephantfolio.lab.scenario.Step.CallStep;
import java.util.ArrayList;
import java.util.List;
import java.util.SortedMap;
import java.util.TreeMap;
import java.util.concurrent.ArrayBlockingQueue;
import java.util.concurrent.BlockingQueue;
import java.util.concurrent.TimeUnit;
import org.jspecify.annotations.Nullable;

/**
 * Runs a program on one side, in a thread of its own, and hands on what there is to see, a few
 * moments ahead of whoever compares.
 *
 * <pre>
 *  field     | guarded by
 *  ----------+---------------------------------------------
 *  moments   | thread-safe
 *  stopped   | volatile; set by who compares
 *  step      | volatile; set by the thread that runs
 *  the rest  | the thread that runs; read by others after the last moment was taken
 * </pre>
 */
final class Feed implements Runnable {
  private static final int AHEAD = 4;

  /** A side that has nothing to show for so long has hung itself up. */
  private static final long PATIENCE_SECONDS = 60;

  /** The side is not open yet. */
  static final int NONE_YET = -1;

  /** What comes in place of another moment. */
  sealed interface Entry {
    record Seen(Moment moment) implements Entry {}

    record Ended() implements Entry {}

    /**
     * The side threw something.
     *
     * @param step the step that it was at; {@link #NONE_YET} when it could not be opened
     */
    record Failed(int step, Throwable failure) implements Entry {}
  }

  private final SideSource source;
  private final Scenario program;
  private final int every;
  private final BlockingQueue<Entry> moments = new ArrayBlockingQueue<>(AHEAD);
  private volatile boolean stopped;
  private volatile int step = NONE_YET;
  private boolean alone = true;
  private long busyNanos;
  private long observingNanos;
  private SortedMap<String, Long> countersBefore = new TreeMap<>();

  /**
   * @param every after how many calls the state is looked at
   */
  Feed(SideSource source, Scenario program, int every) {
    this.source = source;
    this.program = program;
    this.every = every;
  }

  @Override
  public void run() {
    Entry end = new Entry.Ended();
    long begun = System.nanoTime();
    try (Side side = source.open(program)) {
      run(side);
    } catch (RuntimeException | Error e) {
      end = new Entry.Failed(step, e);
    }
    busyNanos += System.nanoTime() - begun;
    put(end);
  }

  private void run(Side side) {
    StepTaker taker = new StepTaker(side);
    countersBefore = side.counters();
    List<Outcome> outcomes = new ArrayList<>();
    int last = program.steps().size() - 1;
    int unseen = 0;
    for (int i = 0; i <= last && !stopped; i++) {
      step = i;
      Step next = program.steps().get(i);
      taker.take(next).ifPresent(outcomes::add);
      unseen += next instanceof CallStep ? 1 : 0;
      if (unseen >= every || i == last) {
        hand(new Moment(i + 1, outcomes, look(side, i == last)));
        outcomes.clear();
        unseen = 0;
      }
    }
  }

  private Snapshot look(Side side, boolean last) {
    long begun = System.nanoTime();
    SortedMap<String, Long> moved =
        last ? Counters.moved(countersBefore, side.counters()) : new TreeMap<>();
    Snapshot state = Snapshot.of(side.observe(), program.regions(), moved);
    if (last) {
      // What moves between two readings was somebody else's doing.
      SortedMap<String, Long> _ = side.counters();
      alone = source.isAlone();
    }
    observingNanos += System.nanoTime() - begun;
    return state;
  }

  private void hand(Moment moment) {
    long begun = System.nanoTime();
    put(new Entry.Seen(moment));
    busyNanos -= System.nanoTime() - begun;
  }

  private void put(Entry entry) {
    try {
      moments.put(entry);
    } catch (InterruptedException e) {
      Thread.currentThread().interrupt();
    }
  }

  // For the one who compares.

  /** The next moment, or the end; an end that is a {@link Hang} when neither comes. */
  Entry take() throws InterruptedException {
    @Nullable Entry entry = moments.poll(PATIENCE_SECONDS, TimeUnit.SECONDS);
    return entry == null ? new Entry.Failed(step, new Hang(PATIENCE_SECONDS)) : entry;
  }

  /** Makes the rest be left out, and waits for the end. */
  void stop() throws InterruptedException {
    stopped = true;
    while (take() instanceof Entry.Seen) {
      // What it saw meanwhile is of no use any more.
    }
  }

  /** Whether the counters of the last moment are the program's alone; after it was taken. */
  boolean isAlone() {
    return alone;
  }

  /** Nanoseconds of work, those of looking included; after the end. */
  long busyNanos() {
    return busyNanos;
  }

  /** Nanoseconds of looking at the state; after the end. */
  long observingNanos() {
    return observingNanos;
  }
}
