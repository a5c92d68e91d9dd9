package dev.elephantfolio.conformance;

import java.util.List;
import java.util.function.Supplier;

/**
 * What a running kernel shows counts when it comes again in a calm moment: it has others to serve,
 * too, who can split or page out what is ours.
 */
final class WhatComesAgain {
  private static final int ATTEMPTS = 3;

  private WhatComesAgain() {}

  /**
   * What the last of a few attempts found, none of which found nothing.
   *
   * @param what is tried, for whoever reads the log
   */
  static <T> List<T> of(Object what, Supplier<List<T>> attempt, Runnable awaitCalm) {
    List<T> found = attempt.get();
    for (int tried = 1; tried < ATTEMPTS && !found.isEmpty(); tried++) {
      System.out.println(what + ": once more, after " + found.getFirst());
      awaitCalm.run();
      found = attempt.get();
    }
    return found;
  }
}
