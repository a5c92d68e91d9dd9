package dev.elephantfolio.benchmarks;

import java.io.IOException;
import java.io.UncheckedIOException;
import java.nio.file.DirectoryStream;
import java.nio.file.Files;
import java.nio.file.NoSuchFileException;
import java.nio.file.Path;
import java.util.Collection;
import java.util.HashMap;
import java.util.List;
import java.util.Map;
import org.openjdk.jmh.infra.BenchmarkParams;
import org.openjdk.jmh.infra.IterationParams;
import org.openjdk.jmh.profile.InternalProfiler;
import org.openjdk.jmh.results.AggregationPolicy;
import org.openjdk.jmh.results.IterationResult;
import org.openjdk.jmh.results.Result;
import org.openjdk.jmh.results.ScalarResult;

/**
 * Says of each iteration for how much of it a thread of this JVM was ready to run and waited for a
 * processor, in percent of the wall's time; two threads that both waited all the time make 200.
 *
 * <p>On a machine that others use, an iteration with more than a little says nothing about how the
 * engine scales. Use: {@code -prof dev.elephantfolio.benchmarks.WaitProfiler}. From {@code
 * /proc/self/task/TID/schedstat}, as Linux counts it.
 */
public final class WaitProfiler implements InternalProfiler {
  private static final Path TASKS = Path.of("/proc/self/task");
  private static final double PERCENT = 100.0;

  private Map<String, Long> waitedBefore = Map.of();
  private long startNanos;

  /** As JMH makes profilers. */
  public WaitProfiler() {}

  @Override
  public String getDescription() {
    return "How long threads waited for a processor";
  }

  @Override
  public void beforeIteration(BenchmarkParams benchmark, IterationParams iteration) {
    waitedBefore = waitedNanosByTask();
    startNanos = System.nanoTime();
  }

  @Override
  public Collection<? extends Result<?>> afterIteration(
      BenchmarkParams benchmark, IterationParams iteration, IterationResult result) {
    long nanos = System.nanoTime() - startNanos;
    long waited = 0;
    for (Map.Entry<String, Long> task : waitedNanosByTask().entrySet()) {
      waited += task.getValue() - waitedBefore.getOrDefault(task.getKey(), 0L);
    }
    double percent = PERCENT * waited / nanos;
    return List.of(new ScalarResult("waited", percent, "%", AggregationPolicy.AVG));
  }

  private static Map<String, Long> waitedNanosByTask() {
    Map<String, Long> waited = new HashMap<>();
    try (DirectoryStream<Path> tasks = Files.newDirectoryStream(TASKS)) {
      for (Path task : tasks) {
        waited.put(task.getFileName().toString(), waitedNanos(task));
      }
    } catch (IOException e) {
      throw new UncheckedIOException(e);
    }
    return waited;
  }

  /** The second number: nanoseconds spent waiting on a run queue; 0 of a thread that is gone. */
  private static long waitedNanos(Path task) throws IOException {
    try {
      return Long.parseLong(Files.readString(task.resolve("schedstat")).split(" ")[1]);
    } catch (NoSuchFileException gone) {
      return 0;
    }
  }
}
