package dev.elephantfolio.benchmarks;

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
import org.openjdk.jmh.annotations.Setup;
import org.openjdk.jmh.annotations.State;
import org.openjdk.jmh.annotations.Warmup;

/**
 * Loads and stores of memory that is mapped: a walk of the page tables; one operation is one
 * access.
 */
@BenchmarkMode(Mode.Throughput)
@OutputTimeUnit(TimeUnit.SECONDS)
@Fork(1)
@Warmup(iterations = 5, time = 1)
@Measurement(iterations = 5, time = 1)
@State(Scope.Thread)
public class AccessBenchmark {
  private static final int PAGES = 4096;

  /** The size of the pages that are accessed. */
  @Param({"4K", "2M"})
  public String pageSize = "4K";

  private Arena arena = Arena.small();

  /** All pages are mapped. */
  @Setup
  public void touch() {
    arena = pageSize.equals("2M") ? Arena.huge() : Arena.small();
    arena.map();
    arena.write(Arena.PAGE);
  }

  /** A word of each of many pages. */
  @Benchmark
  @OperationsPerInvocation(PAGES)
  public long read() {
    long sum = 0;
    for (int i = 0; i < PAGES; i++) {
      sum += arena.process.read(Arena.START + (long) i * Arena.PAGE);
    }
    return sum;
  }

  /** A word to each of many pages. */
  @Benchmark
  @OperationsPerInvocation(PAGES)
  public void write() {
    for (int i = 0; i < PAGES; i++) {
      arena.process.write(Arena.START + (long) i * Arena.PAGE, i);
    }
  }
}
