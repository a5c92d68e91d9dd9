package dev.elephantfolio.lab.bench;

import java.util.List;

/**
 * What was measured, and on what.
 *
 * @param options how
 * @param kernelRelease the live kernel
 * @param javaVersion the JVM's
 * @param processors of this machine
 * @param results one for each workload, in their order
 */
public record BenchReport(
    BenchOptions options,
    String kernelRelease,
    String javaVersion,
    int processors,
    List<BenchResult> results) {
  public BenchReport {
    results = List.copyOf(results);
  }

  static BenchReport of(BenchOptions options, List<BenchResult> results) {
    return new BenchReport(
        options,
        System.getProperty("os.version"),
        Runtime.version().toString(),
        Runtime.getRuntime().availableProcessors(),
        results);
  }
}
