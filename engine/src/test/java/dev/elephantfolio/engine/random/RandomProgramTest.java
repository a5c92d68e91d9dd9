package dev.elephantfolio.engine.random;

import static org.junit.jupiter.api.Assertions.assertTrue;

import dev.elephantfolio.engine.Machine;
import dev.elephantfolio.engine.Process;
import dev.elephantfolio.engine.invariant.Invariants;
import dev.elephantfolio.engine.sync.Mutation;
import java.util.ArrayList;
import java.util.List;
import java.util.concurrent.CyclicBarrier;
import java.util.concurrent.ExecutorService;
import java.util.concurrent.Executors;
import java.util.concurrent.Future;
import java.util.concurrent.TimeUnit;
import java.util.concurrent.atomic.AtomicReference;
import java.util.function.BiFunction;
import org.jspecify.annotations.Nullable;
import org.junit.jupiter.api.Test;

/**
 * Random programs with every invariant checked after each call. {@code -Defolio.seed=N} replays,
 * {@code -Defolio.programs=N} says how many; the seeds are printed.
 */
class RandomProgramTest {
  private static final int CALLS = 200;
  private static final int THREADS = 4;
  private static final int PROGRAMS = Integer.getInteger("efolio.programs", 150);

  private static Machine machine() {
    return Machine.builder().memoryBytes(192L << 20).cpus(2).build();
  }

  private static long firstSeed() {
    Long given = Long.getLong("efolio.seed");
    return given != null ? given : System.nanoTime() & 0xFFFF_FFFFL;
  }

  @Test
  void everyInvariantHoldsAfterEachCall() {
    long seed = firstSeed();
    System.out.printf("random programs, one thread: seeds %d to %d%n", seed, seed + PROGRAMS - 1);
    for (long s = seed; s < seed + PROGRAMS; s++) {
      runAlone(s);
    }
  }

  private static void runAlone(long seed) {
    Machine machine = machine();
    RandomProgram program = new RandomProgram(machine, seed, ContentModel.of(machine));
    for (int call = 0; call < CALLS; call++) {
      try {
        program.step();
        Invariants.check(machine);
      } catch (RuntimeException | AssertionError broken) {
        throw new AssertionError(
            "seed " + seed + ", call " + call + ": " + program.lastCall(), broken);
      }
    }
  }

  @Test
  void whoSharesAProcessesMemoryFindsWhatTheProcessFinds() {
    long seed = firstSeed();
    int programs = Math.max(1, PROGRAMS / 2);
    System.out.printf("random programs with guests: seeds %d to %d%n", seed, seed + programs - 1);
    for (long s = seed; s < seed + programs; s++) {
      runWithGuests(s, List.of());
    }
  }

  @Test
  void whoIsNotToldIsFoundOut() {
    long seed = firstSeed();
    System.out.printf("random programs with guests that nobody tells: from seed %d%n", seed);
    int programs = 0;
    boolean noticed = false;
    while (!noticed && programs < 20) {
      try {
        runWithGuests(seed + programs++, List.of(Mutation.NO_NOTIFIER_CALL));
      } catch (AssertionError _) {
        noticed = true;
      }
    }
    assertTrue(noticed);
  }

  private static void runWithGuests(long seed, List<Mutation> without) {
    Machine machine = Machine.builder().memoryBytes(192L << 20).cpus(2).without(without).build();
    ContentModel model = ContentModel.of(machine);
    RandomProgram program = new RandomProgram(machine, seed, model);
    GuestsOfProcesses guests = new GuestsOfProcesses(machine, seed, model);
    for (int call = 0; call < CALLS; call++) {
      try {
        program.step();
        Invariants.check(machine);
        guests.step();
        Invariants.check(machine);
      } catch (RuntimeException | AssertionError broken) {
        throw new AssertionError(
            "seed %d, call %d: %s, then %s"
                .formatted(seed, call, program.lastCall(), guests.lastAccess()),
            broken);
      }
    }
  }

  @Test
  void everyInvariantHoldsAfterEachRoundOfFourThreads() throws Exception {
    long seed = firstSeed();
    int programs = Math.max(1, PROGRAMS / 4);
    System.out.printf("random programs, 4 threads: seeds %d to %d%n", seed, seed + programs - 1);
    runAll(seed, programs, RandomProgramTest::strangers);
  }

  @Test
  void everyInvariantHoldsAfterEachRoundOfFourThreadsOfOneProcess() throws Exception {
    long seed = firstSeed();
    int programs = Math.max(1, PROGRAMS / 4);
    System.out.printf(
        "random programs, 4 threads of one process: seeds %d to %d%n", seed, seed + programs - 1);
    runAll(seed, programs, RandomProgramTest::threadsOfOne);
  }

  private static List<RandomProgram> strangers(Machine machine, long seed) {
    List<RandomProgram> programs = new ArrayList<>();
    for (int i = 0; i < THREADS; i++) {
      programs.add(new RandomProgram(machine, seed * THREADS + i, ContentModel.none(machine)));
    }
    return programs;
  }

  private static List<RandomProgram> threadsOfOne(Machine machine, long seed) {
    Process process = machine.spawn("shared");
    List<RandomProgram> programs = new ArrayList<>();
    for (int i = 0; i < THREADS; i++) {
      programs.add(RandomProgram.threadOf(machine, process, seed * THREADS + i));
    }
    return programs;
  }

  private static void runAll(
      long seed, int count, BiFunction<Machine, Long, List<RandomProgram>> maker) throws Exception {
    ExecutorService pool = Executors.newFixedThreadPool(THREADS);
    try {
      for (long s = seed; s < seed + count; s++) {
        Machine machine = machine();
        runTogether(pool, machine, s, maker.apply(machine, s));
      }
    } finally {
      pool.shutdownNow();
      assertTrue(pool.awaitTermination(10, TimeUnit.SECONDS));
    }
  }

  /** Each thread makes a call, all meet, one checks, and again. */
  private static void runTogether(
      ExecutorService pool, Machine machine, long seed, List<RandomProgram> programs)
      throws Exception {
    Round round = new Round(machine, seed, programs);
    List<Future<?>> runs = new ArrayList<>();
    for (RandomProgram program : programs) {
      runs.add(pool.submit(() -> round.stepAll(program)));
    }
    for (Future<?> run : runs) {
      run.get(3, TimeUnit.MINUTES);
    }
    round.rethrow();
  }

  /** Where the threads meet after each call. */
  private static final class Round {
    private final Machine machine;
    private final long seed;
    private final List<RandomProgram> programs;
    private final CyclicBarrier barrier;
    private final AtomicReference<@Nullable Throwable> failure = new AtomicReference<>();

    Round(Machine machine, long seed, List<RandomProgram> programs) {
      this.machine = machine;
      this.seed = seed;
      this.programs = programs;
      this.barrier = new CyclicBarrier(THREADS, this::check);
    }

    /** A thread that fails says so and leaves the others waiting for nobody. */
    void stepAll(RandomProgram program) {
      try {
        for (int call = 0; call < CALLS; call++) {
          program.step();
          barrier.await(1, TimeUnit.MINUTES);
        }
      } catch (Exception | AssertionError broken) {
        failure.compareAndSet(null, new AssertionError(where(program.lastCall()), broken));
        barrier.reset();
      }
    }

    private void check() {
      try {
        Invariants.check(machine);
      } catch (RuntimeException | AssertionError broken) {
        failure.compareAndSet(null, new AssertionError(where("after the round"), broken));
        throw broken;
      }
    }

    private String where(String what) {
      List<String> calls = programs.stream().map(RandomProgram::lastCall).toList();
      return "seed " + seed + ", " + what + ", the calls " + calls;
    }

    void rethrow() {
      Throwable first = failure.get();
      if (first != null) {
        throw new AssertionError(first.getMessage(), first.getCause());
      }
    }
  }
}
