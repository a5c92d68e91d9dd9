package dev.elephantfolio.concurrency.soak;

import dev.elephantfolio.engine.Machine;
import java.util.SplittableRandom;

/** Turns the machine's knobs now and then, and lets the shrinker of huge pages work. */
final class Knobs {
  private static final long PAUSE_MILLIS = 5;
  private static final int SCANNED_AT_ONCE = 8;

  private static final String[][] SETTINGS = {
    {"enabled", "always"},
    {"enabled", "always"},
    {"enabled", "madvise"},
    {"hugepages-16kB/enabled", "always"},
    {"hugepages-16kB/enabled", "never"},
    {"hugepages-64kB/enabled", "always"},
    {"hugepages-64kB/enabled", "never"},
    {"hugepages-512kB/enabled", "always"},
    {"hugepages-512kB/enabled", "never"},
    {"use_zero_page", "0"},
    {"use_zero_page", "1"},
    {"khugepaged/max_ptes_none", "0"},
    {"khugepaged/max_ptes_none", "255"},
    {"khugepaged/max_ptes_none", "511"},
    {"shrink_underused", "0"},
    {"shrink_underused", "1"},
  };

  private final Machine machine;
  private final SplittableRandom random;

  Knobs(Machine machine, SplittableRandom random) {
    this.machine = machine;
    this.random = random;
  }

  void step(Gate gate) throws InterruptedException {
    Thread.sleep(PAUSE_MILLIS);
    gate.pass(this::turnOrShrink);
  }

  private void turnOrShrink() {
    if (random.nextInt(8) == 0) {
      machine.deferredSplitShrinker().scan(SCANNED_AT_ONCE);
    } else if (random.nextInt(8) == 0) {
      String[] setting = SETTINGS[random.nextInt(SETTINGS.length)];
      machine.set("transparent_hugepage/" + setting[0], setting[1]);
    }
  }
}
