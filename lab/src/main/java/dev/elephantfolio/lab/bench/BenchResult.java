package dev.elephantfolio.lab.bench;

import java.util.Optional;

/** What was measured of one workload. */
public sealed interface BenchResult {
  Workload workload();

  /**
   * Operations a second.
   *
   * @param ours of the engine, or of the recording's reader
   * @param live what the live kernel does, if that was asked for and is there to compare with
   */
  record Speed(Workload workload, Spread ours, Optional<Live> live) implements BenchResult {}

  /**
   * Heap of a simulated machine's metadata.
   *
   * @param count frames, blocks or pages that the machine holds
   * @param heapBytes what the heap grew by
   */
  record Memory(Workload workload, long count, long heapBytes) implements BenchResult {
    /** Bytes for each of them. */
    public double bytesEach() {
      return (double) heapBytes / count;
    }
  }

  /**
   * Nothing could be measured.
   *
   * @param why one line that says what is missing
   */
  record Skipped(Workload workload, String why) implements BenchResult {}

  /** The live kernel's part. */
  sealed interface Live {}

  /**
   * Operations a second of the live kernel.
   *
   * @param ratio how many times faster we are, round by round
   */
  record LiveSpeed(Spread kernel, Spread ratio) implements Live {}

  /**
   * The live kernel could not be measured.
   *
   * @param why one line that says what is missing
   */
  record LiveMissing(String why) implements Live {}
}
