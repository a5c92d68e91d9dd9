package dev.elephantfolio.lab.replay;

import java.util.Arrays;

/**
 * What somebody who looks every 0.1 s sees, as those do who measure a live process. It depends on
 * when that somebody began to look: ten of them are followed, each 10 ms after the other, and of
 * those who saw anything at all the one in the middle is asked.
 */
final class SampledFigures {
  static final int OBSERVERS = 10;

  private final MemoryFigures[] peaks = new MemoryFigures[OBSERVERS];
  private final MemoryFigures[] lasts = new MemoryFigures[OBSERVERS];

  SampledFigures() {
    Arrays.fill(peaks, MemoryFigures.ZERO);
    Arrays.fill(lasts, MemoryFigures.ZERO);
  }

  /** One of the observers looks. Nothing resident is nothing to see. */
  void look(int observer, MemoryFigures seen) {
    if (seen.rssBytes() > 0) {
      peaks[observer] = peaks[observer].max(seen);
      lasts[observer] = seen;
    }
  }

  /** The most that was seen, each figure by itself; {@code exact} when nobody saw anything. */
  MemoryFigures peak(MemoryFigures exact) {
    return median(peaks, exact);
  }

  /** What was seen last; {@code exact} when nobody saw anything. Never above the peak. */
  MemoryFigures last(MemoryFigures exact) {
    return median(lasts, exact);
  }

  private static MemoryFigures median(MemoryFigures[] all, MemoryFigures exact) {
    MemoryFigures[] seen =
        Arrays.stream(all).filter(f -> f.rssBytes() > 0).toArray(MemoryFigures[]::new);
    if (seen.length == 0) {
      return exact;
    }
    int middle = seen.length / 2;
    return new MemoryFigures(
        Arrays.stream(seen).mapToLong(MemoryFigures::rssBytes).sorted().toArray()[middle],
        Arrays.stream(seen).mapToLong(MemoryFigures::anonymousBytes).sorted().toArray()[middle],
        Arrays.stream(seen)
            .mapToLong(MemoryFigures::anonHugePagesBytes)
            .sorted()
            .toArray()[middle]);
  }
}
