package dev.elephantfolio.conformance.program;

import dev.elephantfolio.lab.scenario.Place;
import java.util.ArrayList;
import java.util.List;

/**
 * The addresses that a program plays with: a few small regions, and within them one huge page's
 * place that most calls choose for a while, so that they interact.
 *
 * <pre>
 *   region a            region b                 heap
 *   |- - - 4 MiB - - -| |- - - - 6 MiB - - - - -| |- - -|
 *         ^ focus: most calls begin in this 2 MiB, many at its corners
 * </pre>
 *
 * Used by one thread.
 */
final class Arena {
  static final long PAGE = 4 << 10;
  static final long HUGE = 2 << 20;
  private static final int PAGES_IN_HUGE = (int) (HUGE / PAGE);
  private static final int HUGE_PAGES_MAX = 3;
  private static final int REGIONS_MAX = 3;

  /** A range of addresses; lengths are bytes. */
  record Range(Place place, long lengthBytes) {}

  /** A region, and how much of it calls usually touch. */
  record Region(String name, int number, int hugePages) {
    Place at(long offsetBytes) {
      return new Place(name, number, offsetBytes);
    }

    long sizeBytes() {
      return hugePages * HUGE;
    }
  }

  private final Dice dice;
  private final List<Region> regions = new ArrayList<>();
  private Region focusRegion;
  private int focusHuge;
  private Place last;

  Arena(Dice dice) {
    this.dice = dice;
    int count = dice.between(1, REGIONS_MAX);
    for (int number = 0; number < count; number++) {
      String name = String.valueOf((char) ('a' + number));
      regions.add(new Region(name, number, dice.between(1, HUGE_PAGES_MAX)));
    }
    this.focusRegion = regions.getFirst();
    this.last = focusRegion.at(0);
  }

  List<Region> regions() {
    return regions;
  }

  /** Some bytes of the regions, mostly near where the last calls went. */
  Range range() {
    moveFocus();
    Place place = point();
    last = place;
    long length = length(place);
    return new Range(place, dice.percent(85) ? withinRegion(place, length) : length);
  }

  private long withinRegion(Place place, long length) {
    long left = regions.get(place.number()).sizeBytes() - place.offsetBytes();
    return left > 0 ? Math.min(length, left) : length;
  }

  /** The whole of a region: what was cut up may become one again. */
  Range wholeRegion() {
    moveFocus();
    return new Range(focusRegion.at(0), focusRegion.sizeBytes());
  }

  /** One huge page's place. */
  Range wholeHuge() {
    return new Range(hugePlace(), HUGE);
  }

  /** As {@link #range}, now and then with what the kernel refuses, or rounds. */
  Range rangeOrBad(int percentBad) {
    Range good = range();
    return dice.percent(percentBad) ? spoilt(good) : good;
  }

  private void moveFocus() {
    if (dice.percent(12)) {
      focusRegion = dice.oneOf(regions);
      focusHuge = dice.below(focusRegion.hugePages());
    }
  }

  /** Where a huge page may begin; mostly the one in focus. */
  Place hugePlace() {
    moveFocus();
    if (dice.percent(75)) {
      return focusRegion.at(focusHuge * HUGE);
    }
    Region region = dice.oneOf(regions);
    return region.at(dice.below(region.hugePages()) * HUGE);
  }

  private Place point() {
    return switch (dice.weighted(new int[] {26, 10, 9, 10, 12, 20, 13})) {
      case 0 -> hugePlace();
      case 1 -> hugePlace().plus(HUGE - PAGE);
      case 2 -> hugePlace().plus(HUGE / 2);
      case 3 -> hugePlace().plus(dice.below(32) * (64L << 10));
      case 4 -> hugePlace().plus(dice.below(128) * (16L << 10));
      case 5 -> hugePlace().plus(dice.below(PAGES_IN_HUGE) * PAGE);
      default -> besideLast();
    };
  }

  private Place besideLast() {
    long offset = Math.max(0, last.offsetBytes() + dice.between(-2, 2) * PAGE);
    return new Place(last.region(), last.number(), offset);
  }

  private long length(Place from) {
    long toBoundary = HUGE - (from.offsetBytes() & (HUGE - 1));
    return switch (dice.weighted(new int[] {24, 16, 8, 8, 4, 12, 12, 6, 6, 4})) {
      case 0 -> PAGE;
      case 1 -> dice.between(2, 5) * PAGE;
      case 2 -> 16 << 10;
      case 3 -> 64 << 10;
      case 4 -> 512 << 10;
      case 5 -> toBoundary;
      case 6 -> HUGE;
      case 7 -> dice.between(1, 2) * HUGE;
      case 8 -> dice.between(1, 2 * PAGES_IN_HUGE) * PAGE;
      default -> HUGE + dice.between(-1, 1) * PAGE;
    };
  }

  private Range spoilt(Range good) {
    Place place = good.place();
    long length = good.lengthBytes();
    return switch (dice.below(6)) {
      case 0 -> new Range(place.plus(dice.between(1, (int) PAGE - 1)), length);
      case 1 -> new Range(place, length - dice.between(1, (int) PAGE - 1));
      case 2 -> new Range(place, 0);
      case 3 -> new Range(place, dice.oneOf(new long[] {-PAGE, -1, 1L << 47, 1L << 62}));
      case 4 -> new Range(place.plus((HUGE_PAGES_MAX + 1L) * HUGE), length);
      default -> new Range(place, length + HUGE_PAGES_MAX * HUGE);
    };
  }
}
