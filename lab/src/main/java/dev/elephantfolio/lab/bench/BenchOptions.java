package dev.elephantfolio.lab.bench;

import dev.elephantfolio.linux.program.CompiledProgram;
import java.nio.file.Path;
import java.util.List;

/**
 * What to measure, and how long.
 *
 * @param workloads in this order
 * @param live whether to run the same operations on the live kernel too
 * @param clock what time is measured by
 * @param warmUpRounds rounds of the engine that do not count
 * @param rounds rounds that count; the middle one of them is what is reported
 * @param roundNanos how long a round is measured
 * @param arenaBytes memory that an operation works on, a multiple of 2 MiB
 * @param sampleLines lines of text that are imported in one pass
 * @param machineBytes memory of the machines that are filled with 4 KiB frames; those that are
 *     filled with huge pages have 64 times as much
 * @param cache where the compiled program for the live kernel is kept
 */
public record BenchOptions(
    List<Workload> workloads,
    boolean live,
    BenchClock clock,
    int warmUpRounds,
    int rounds,
    long roundNanos,
    long arenaBytes,
    int sampleLines,
    long machineBytes,
    Path cache) {
  private static final int USUAL_WARM_UP_ROUNDS = 8;
  private static final int USUAL_ROUNDS = 7;
  private static final long USUAL_ROUND_NANOS = 100_000_000;
  private static final long USUAL_ARENA_BYTES = 256L << 20;
  private static final int USUAL_SAMPLE_LINES = 200_000;
  private static final long USUAL_MACHINE_BYTES = 4L << 30;

  public BenchOptions {
    workloads = List.copyOf(workloads);
  }

  /** The usual measurement of those workloads, without the live kernel. */
  public static BenchOptions of(List<Workload> workloads) {
    return new BenchOptions(
        workloads,
        false,
        BenchClock.THREAD_CPU,
        USUAL_WARM_UP_ROUNDS,
        USUAL_ROUNDS,
        USUAL_ROUND_NANOS,
        USUAL_ARENA_BYTES,
        USUAL_SAMPLE_LINES,
        USUAL_MACHINE_BYTES,
        CompiledProgram.usualCache());
  }

  /** The same with the live kernel, or without. */
  public BenchOptions withLive(boolean wanted) {
    return new BenchOptions(
        workloads,
        wanted,
        clock,
        warmUpRounds,
        rounds,
        roundNanos,
        arenaBytes,
        sampleLines,
        machineBytes,
        cache);
  }

  /** The same by another clock. */
  public BenchOptions withClock(BenchClock other) {
    return new BenchOptions(
        workloads,
        live,
        other,
        warmUpRounds,
        rounds,
        roundNanos,
        arenaBytes,
        sampleLines,
        machineBytes,
        cache);
  }

  /** The same in another number of rounds that count. */
  public BenchOptions withRounds(int count) {
    return new BenchOptions(
        workloads,
        live,
        clock,
        warmUpRounds,
        count,
        roundNanos,
        arenaBytes,
        sampleLines,
        machineBytes,
        cache);
  }
}
