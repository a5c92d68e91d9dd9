package dev.elephantfolio.conformance.run;

import dev.elephantfolio.conformance.compare.Difference;
import dev.elephantfolio.conformance.compare.Mask;
import dev.elephantfolio.conformance.compare.SnapshotComparison;
import dev.elephantfolio.conformance.run.Feed.Entry;
import dev.elephantfolio.lab.scenario.Outcome;
import dev.elephantfolio.lab.scenario.Scenario;
import dev.elephantfolio.lab.scenario.ScenarioPrinter;
import dev.elephantfolio.lab.scenario.Step;
import dev.elephantfolio.lab.scenario.Step.CallStep;
import java.util.ArrayList;
import java.util.List;
import java.util.Optional;
import java.util.concurrent.ExecutorService;
import java.util.concurrent.Executors;
import java.util.function.Predicate;
import org.jspecify.annotations.Nullable;

/**
 * Runs programs on two sides at the same time, each side in a thread of its own, and compares:
 * outcomes of all calls, and the whole state every few calls and at the end. The first moment that
 * differs ends a program. Used by one thread.
 */
public final class PairRun implements AutoCloseable {
  private final SideSource engine;
  private final SideSource live;
  private final boolean countersToo;
  private ExecutorService engineThread = thread("engine side");
  private final ExecutorService liveThread = thread("live side");

  /**
   * @param countersToo whether counters are compared at the end of programs, where nobody else was
   *     seen to move them
   */
  public PairRun(SideSource engine, SideSource live, boolean countersToo) {
    this.engine = engine;
    this.live = live;
    this.countersToo = countersToo;
  }

  private static ExecutorService thread(String name) {
    return Executors.newSingleThreadExecutor(work -> {
      Thread thread = new Thread(work, name);
      thread.setDaemon(true);
      return thread;
    });
  }

  /**
   * Runs one program.
   *
   * @param every after how many calls the state is compared
   * @throws SideFailure when the live side cannot go on; what the engine throws is a difference
   */
  public Verdict run(Scenario program, int every) {
    Feed ours = new Feed(engine, program, every);
    Feed theirs = new Feed(live, program, every);
    engineThread.execute(ours);
    liveThread.execute(theirs);
    try {
      return new Comparing(program, ours, theirs).verdict();
    } catch (InterruptedException e) {
      Thread.currentThread().interrupt();
      throw new SideFailure("interrupted", e);
    }
  }

  /** Waits for a moment in which nobody else is about to disturb a program. */
  public void awaitCalm() {
    live.awaitCalm();
  }

  @Override
  public void close() {
    engineThread.shutdown();
    liveThread.shutdown();
    engine.close();
    live.close();
  }

  /** A thread in which the engine failed may hang, or hold locks for ever. */
  private void leaveThread() {
    engineThread.shutdownNow();
    engineThread = thread("engine side");
  }

  /** One program on its way. */
  private final class Comparing {
    private final List<Step> steps;
    private final Feed ours;
    private final Feed theirs;
    private List<Difference> differences = List.of();
    private int stepsDone;
    private final List<Outcome> outcomes = new ArrayList<>();
    private long pages;
    private long nanos;
    private Verdict.@Nullable Pair last;

    Comparing(Scenario program, Feed ours, Feed theirs) {
      this.steps = program.steps();
      this.ours = ours;
      this.theirs = theirs;
    }

    Verdict verdict() throws InterruptedException {
      boolean ended = false;
      while (!ended && differences.isEmpty()) {
        ended = next();
      }
      if (!ended) {
        ours.stop();
        theirs.stop();
      }
      return new Verdict(
          differences, stepsDone, outcomes, pages, Optional.ofNullable(last), times());
    }

    private Times times() {
      return new Times(
          ours.busyNanos(),
          theirs.busyNanos(),
          ours.observingNanos(),
          theirs.observingNanos(),
          nanos);
    }

    /** Compares the next moment; true when both sides have ended. */
    private boolean next() throws InterruptedException {
      Entry engineEntry = ours.take();
      Entry liveEntry = theirs.take();
      if (engineEntry instanceof Entry.Seen(Moment ourMoment)
          && liveEntry instanceof Entry.Seen(Moment theirMoment)) {
        compare(ourMoment, theirMoment);
        return false;
      }
      ending(engineEntry, liveEntry);
      return true;
    }

    /** At least one side has ended: both at the same time, or one of them in the middle. */
    private void ending(Entry engineEntry, Entry liveEntry) throws InterruptedException {
      if (engineEntry instanceof Entry.Seen) {
        ours.stop();
      }
      if (liveEntry instanceof Entry.Seen) {
        theirs.stop();
      }
      if (liveEntry instanceof Entry.Failed(int step, Throwable failure)) {
        throw new SideFailure(whatFailed(step, failure), failure);
      }
      if (engineEntry instanceof Entry.Failed(int step, Throwable failure)) {
        int at = Math.max(step, 0);
        differences = List.of(EngineFailure.difference(steps.get(at), failure));
        stepsDone = at + 1;
        leaveThread();
      }
    }

    private String whatFailed(int step, Throwable failure) {
      String message = failure.getMessage();
      String why = message == null ? failure.toString() : message;
      return step < 0
          ? why
          : "'" + ScenarioPrinter.print(steps.get(step)) + "' cannot be done here: " + why;
    }

    private void compare(Moment ourMoment, Moment theirMoment) {
      long begun = System.nanoTime();
      List<Difference> found = new ArrayList<>();
      outcomes(ourMoment.outcomes(), theirMoment.outcomes(), found);
      boolean end = ourMoment.nextStep() == steps.size();
      Predicate<String> counters =
          end && countersToo && theirs.isAlone() ? Mask.counters(steps) : _ -> false;
      SnapshotComparison states =
          SnapshotComparison.of(ourMoment.state(), theirMoment.state(), counters);
      found.addAll(states.differences());
      differences = found;
      pages += states.pages();
      stepsDone = ourMoment.nextStep();
      last = new Verdict.Pair(ourMoment, theirMoment);
      nanos += System.nanoTime() - begun;
    }

    private void outcomes(
        List<Outcome> engineOutcomes, List<Outcome> liveOutcomes, List<Difference> found) {
      int call = 0;
      for (int i = stepsDone; call < engineOutcomes.size(); i++) {
        if (steps.get(i) instanceof CallStep step) {
          OutcomeComparison.of(step, engineOutcomes.get(call), liveOutcomes.get(call))
              .ifPresent(found::add);
          call++;
        }
      }
      outcomes.addAll(liveOutcomes);
    }
  }
}
