package dev.elephantfolio.benchmarks;

import dev.elephantfolio.engine.sync.Exploration;
import dev.elephantfolio.engine.sync.ExplorationResult;
import dev.elephantfolio.engine.sync.Strategy;
import dev.elephantfolio.engine.sync.SyncPoint;
import dev.elephantfolio.engine.sync.SyncPoints;
import dev.elephantfolio.engine.sync.Task;
import dev.elephantfolio.engine.sync.Trial;
import dev.elephantfolio.lab.race.Race;
import dev.elephantfolio.lab.race.Races;
import java.util.List;
import java.util.Set;
import java.util.concurrent.TimeUnit;
import org.openjdk.jmh.annotations.Benchmark;
import org.openjdk.jmh.annotations.BenchmarkMode;
import org.openjdk.jmh.annotations.Fork;
import org.openjdk.jmh.annotations.Measurement;
import org.openjdk.jmh.annotations.Mode;
import org.openjdk.jmh.annotations.OperationsPerInvocation;
import org.openjdk.jmh.annotations.OutputTimeUnit;
import org.openjdk.jmh.annotations.Param;
import org.openjdk.jmh.annotations.Scope;
import org.openjdk.jmh.annotations.State;
import org.openjdk.jmh.annotations.Warmup;

/** How many schedules a race gets through; one operation is one schedule. */
@BenchmarkMode(Mode.Throughput)
@OutputTimeUnit(TimeUnit.SECONDS)
@Fork(1)
@Warmup(iterations = 5, time = 2)
@Measurement(iterations = 5, time = 2)
public class RaceBenchmark {
  private static final int SCHEDULES = 500;
  private static final int STEPS = 25;

  /** Which schedules: at random the turn changes at every other point. */
  public enum Way {
    RANDOM,
    PCT;

    Strategy from(long seed) {
      return this == RANDOM ? new Strategy.RandomWalk(seed) : new Strategy.Pct(seed, 3);
    }
  }

  /** A way, and the seed to go on with. */
  @State(Scope.Thread)
  public static class Seeds {
    @Param Way way = Way.RANDOM;
    private long next = 1;

    Strategy strategy() {
      next += SCHEDULES;
      return way.from(next);
    }
  }

  /** A race of the engine, with its machine and the check of it. */
  @State(Scope.Thread)
  public static class OnMachine {
    @Param({"gup-fast-vs-munmap", "gup-fast-vs-split", "write-vs-fork"})
    String race = "";

    Race race() {
      return Races.named(race).orElseThrow();
    }
  }

  /** Two tasks of 25 steps and nothing else: what is the hand-over's. */
  private static Trial twoTimesTwentyFive() {
    Runnable steps =
        () -> {
          for (int step = 0; step < STEPS; step++) {
            SyncPoints.reach(SyncPoint.OTHER);
          }
        };
    List<Task> tasks = List.of(new Task("one", steps), new Task("two", steps));
    return new Trial() {
      @Override
      public List<Task> tasks() {
        return tasks;
      }

      @Override
      public void check() {}
    };
  }

  @Benchmark
  @OperationsPerInvocation(SCHEDULES)
  public ExplorationResult fiftySteps(Seeds seeds) {
    return new Exploration(RaceBenchmark::twoTimesTwentyFive)
        .explore(seeds.strategy(), SCHEDULES, Exploration.Progress.NONE);
  }

  @Benchmark
  @OperationsPerInvocation(SCHEDULES)
  public ExplorationResult onMachine(Seeds seeds, OnMachine machine) {
    return machine.race().explore(Set.of(), seeds.strategy(), SCHEDULES, Exploration.Progress.NONE);
  }
}
