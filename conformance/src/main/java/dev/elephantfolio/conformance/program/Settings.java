package dev.elephantfolio.conformance.program;

import dev.elephantfolio.lab.scenario.Step.SetStep;
import java.util.ArrayList;
import java.util.List;

/** Settings of transparent huge pages, in every combination. */
final class Settings {
  private static final String ROOT = "transparent_hugepage/";
  private static final int[] SIZES_KIB = {16, 32, 64, 128, 256, 512, 1024};
  private static final List<String> SIZE_WORDS = List.of("always", "madvise", "inherit", "never");
  private static final List<String> PTES = List.of("0", "1", "8", "64", "255", "256", "510", "511");
  private static final List<String> DEFRAG =
      List.of("always", "defer", "defer+madvise", "madvise", "never");

  private final Dice dice;

  Settings(Dice dice) {
    this.dice = dice;
  }

  /** What a program begins with. */
  List<SetStep> first(boolean withSizes) {
    List<SetStep> steps = new ArrayList<>();
    steps.add(enabled(50, 40));
    if (withSizes || dice.percent(35)) {
      for (int kib : SIZES_KIB) {
        if (dice.percent(60)) {
          steps.add(size(kib));
        }
      }
    }
    for (int more = dice.below(4); more > 0; more--) {
      steps.add(other());
    }
    return steps;
  }

  /** A change in the middle of a program. */
  SetStep change() {
    return switch (dice.below(4)) {
      case 0 -> enabled(50, 30);
      case 1, 2 -> size(SIZES_KIB[dice.below(SIZES_KIB.length)]);
      default -> other();
    };
  }

  private SetStep enabled(int percentAlways, int percentMadvise) {
    int roll = dice.below(100);
    String word = roll < percentMadvise ? "madvise" : "never";
    return set("enabled", roll >= 100 - percentAlways ? "always" : word);
  }

  private SetStep size(int kib) {
    return set("hugepages-" + kib + "kB/enabled", dice.oneOf(SIZE_WORDS));
  }

  private SetStep other() {
    return switch (dice.below(8)) {
      case 0 -> set("use_zero_page", dice.oneOf("0", "0", "1"));
      case 1 -> set("defrag", dice.oneOf(DEFRAG));
      case 2 -> set("shrink_underused", dice.oneOf("0", "1"));
      case 3 -> set("hugepages-2048kB/enabled", dice.oneOf(SIZE_WORDS));
      case 4, 5 -> set("khugepaged/max_ptes_none", dice.oneOf(PTES));
      case 6 -> set("khugepaged/max_ptes_shared", dice.oneOf(PTES));
      default -> set("khugepaged/max_ptes_swap", dice.oneOf(PTES));
    };
  }

  private static SetStep set(String key, String value) {
    return new SetStep(0, ROOT + key, value);
  }
}
