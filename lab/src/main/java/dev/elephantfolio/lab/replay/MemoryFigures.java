package dev.elephantfolio.lab.replay;

/**
 * What a process has, in the terms of {@code /proc/PID/smaps_rollup}.
 *
 * @param rssBytes resident memory of every kind
 * @param anonymousBytes anonymous memory mapped, shared pages in full
 * @param anonHugePagesBytes the part of it that PMDs map
 */
public record MemoryFigures(long rssBytes, long anonymousBytes, long anonHugePagesBytes) {
  public static final MemoryFigures ZERO = new MemoryFigures(0, 0, 0);

  /** The larger of each. */
  public MemoryFigures max(MemoryFigures other) {
    return new MemoryFigures(
        Math.max(rssBytes, other.rssBytes),
        Math.max(anonymousBytes, other.anonymousBytes),
        Math.max(anonHugePagesBytes, other.anonHugePagesBytes));
  }

  /** These, with one part replaced by another. */
  MemoryFigures replacing(MemoryFigures before, MemoryFigures after) {
    return new MemoryFigures(
        rssBytes - before.rssBytes + after.rssBytes,
        anonymousBytes - before.anonymousBytes + after.anonymousBytes,
        anonHugePagesBytes - before.anonHugePagesBytes + after.anonHugePagesBytes);
  }

  /** How much of the anonymous memory is huge, 0 to 1. */
  public double hugeCoverage() {
    return share(anonHugePagesBytes, anonymousBytes);
  }

  static double share(long part, long whole) {
    return whole == 0 ? 0 : (double) part / whole;
  }
}
