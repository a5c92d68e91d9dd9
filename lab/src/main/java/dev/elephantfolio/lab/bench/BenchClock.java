package dev.elephantfolio.lab.bench;

import java.lang.management.ManagementFactory;
import java.lang.management.ThreadMXBean;

/** What time is measured by, in the JVM and in the program for the live kernel alike. */
public enum BenchClock {
  /** Time on a processor of the thread that works: not disturbed by what else runs. */
  THREAD_CPU("thread-cpu"),
  /** Time that passes. */
  WALL("wall");

  private static final ThreadMXBean THREADS = ManagementFactory.getThreadMXBean();

  private final String label;

  BenchClock(String label) {
    this.label = label;
  }

  /** What reports and the live program call it. */
  public String label() {
    return label;
  }

  long nanos() {
    return this == WALL ? System.nanoTime() : THREADS.getCurrentThreadCpuTime();
  }
}
