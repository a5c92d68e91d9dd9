package dev.elephantfolio.lab.bench;

/** Adds up the time between starts and stops. Used by one thread. */
final class Stopwatch {
  private final BenchClock clock;
  private long startNanos;
  private long totalNanos;

  Stopwatch(BenchClock clock) {
    this.clock = clock;
  }

  void start() {
    startNanos = clock.nanos();
  }

  void stop() {
    totalNanos += clock.nanos() - startNanos;
  }

  long nanos() {
    return totalNanos;
  }
}
