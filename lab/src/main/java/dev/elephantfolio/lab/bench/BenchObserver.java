package dev.elephantfolio.lab.bench;

/** Is told how far a measurement is. */
@FunctionalInterface
public interface BenchObserver {
  /** Tells nobody. */
  BenchObserver NONE = (_, _) -> {};

  /**
   * @param done workloads that are measured
   * @param total workloads there are
   */
  void progress(int done, int total);
}
