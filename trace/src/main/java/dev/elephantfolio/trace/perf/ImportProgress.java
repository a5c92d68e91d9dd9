package dev.elephantfolio.trace.perf;

/** Is told now and then how far an import is. */
@FunctionalInterface
public interface ImportProgress {
  /** Tells nobody. */
  ImportProgress NONE = (_, _) -> {};

  /**
   * @param bytesRead how much of the input was read, as it is stored
   * @param bytesTotal its whole length; -1 if not known
   */
  void at(long bytesRead, long bytesTotal);
}
