package dev.elephantfolio.lab.replay;

import static org.junit.jupiter.api.Assertions.assertEquals;

import java.util.BitSet;
import java.util.Random;
import org.junit.jupiter.api.Test;

/** The bitmap against plain sets of the same pages. */
final class TouchedPagesTest {
  /** Three GiB and a bit, so that ranges cross every kind of border. */
  private static final int PAGES = 3 * (1 << 18) + 1000;

  private final long seed = Long.getLong("efolio.seed", System.nanoTime());
  private final Random random = new Random(seed);

  private final BitSet written = new BitSet();
  private final BitSet read = new BitSet();
  private TouchedPages touched = new TouchedPages();

  @Test
  void agreesWithPlainSets() {
    System.out.println("TouchedPagesTest: -Defolio.seed=" + seed);
    for (int step = 0; step < 3000; step++) {
      step();
      check(step);
    }
  }

  private void step() {
    int page = random.nextInt(PAGES);
    int count = 1 + random.nextInt(random.nextBoolean() ? 100 : 400_000);
    int end = Math.min(PAGES, page + count);
    switch (random.nextInt(10)) {
      case 0, 1, 2 -> write(page, Math.min(end, page + 3000));
      case 3, 4 -> markRead(page);
      case 5, 6 -> clear(page, end);
      case 7 -> move(page, end);
      case 8 -> touched = touched.copy();
      default -> keepEven();
    }
  }

  private void write(int start, int end) {
    touched.markWritten(start, end);
    written.set(start, end);
  }

  private void markRead(int page) {
    touched.markRead(page);
    read.set(page);
  }

  private void clear(int start, int end) {
    touched.clear(start, end);
    written.clear(start, end);
    read.clear(start, end);
  }

  /** Moves a range to a place behind all others and, as mremap does to its target, clears it. */
  private void move(int start, int end) {
    int target = random.nextInt(PAGES - (end - start) + 1);
    if (target < end && start < target + end - start) {
      return;
    }
    clear(target, target + end - start);
    touched.move(start, target, end - start);
    for (int page = start; page < end; page++) {
      written.set(target + page - start, written.get(page));
      read.set(target + page - start, read.get(page));
    }
    written.clear(start, end);
    read.clear(start, end);
  }

  private void keepEven() {
    if (random.nextInt(10) != 0) {
      return;
    }
    touched.keepIf(vpn -> vpn % 2 == 0);
    for (int page = 1; page < PAGES; page += 2) {
      written.clear(page);
      read.clear(page);
    }
  }

  private void check(int step) {
    String where = "seed " + seed + " step " + step;
    assertEquals(written.cardinality() * 4096L, touched.writtenBytes(), where);
    assertEquals(!read.isEmpty(), touched.anyRead(), where);
    int page = random.nextInt(PAGES);
    assertEquals(written.get(page), touched.isWritten(page), where);
    if (step % 100 == 0) {
      BitSet readOnly = (BitSet) read.clone();
      readOnly.andNot(written);
      assertEquals(readOnly.cardinality(), touched.countReadOnly(_ -> true), where);
      for (int at = 0; at < PAGES; at++) {
        assertEquals(written.get(at), touched.isWritten(at), where);
      }
    }
  }
}
