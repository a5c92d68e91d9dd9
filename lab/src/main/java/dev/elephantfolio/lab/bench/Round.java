package dev.elephantfolio.lab.bench;

import java.io.IOException;

/** Passes of a workload until enough was measured. */
final class Round {
  /** Setting up may take so many times what is measured, before a round is cut short. */
  private static final int PATIENCE = 5;

  private Round() {}

  /** Operations a second. */
  static double measure(Run run, BenchOptions options) throws IOException {
    Stopwatch watch = new Stopwatch(options.clock());
    long startNanos = System.nanoTime();
    long operations = 0;
    do {
      operations += run.pass(watch);
    } while (watch.nanos() < options.roundNanos()
        && System.nanoTime() - startNanos < PATIENCE * options.roundNanos());
    return operations * 1e9 / Math.max(1, watch.nanos());
  }
}
