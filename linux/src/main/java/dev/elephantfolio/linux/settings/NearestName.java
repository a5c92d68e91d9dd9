package dev.elephantfolio.linux.settings;

import java.util.Collection;
import java.util.Optional;

/** Finds the name that somebody who mistyped probably meant. */
final class NearestName {
  private NearestName() {}

  /** The nearest of the known names; empty when none is near enough to be meant. */
  static Optional<String> of(String typed, Collection<String> known) {
    String best = "";
    int bestDistance = Integer.MAX_VALUE;
    for (String name : known) {
      int distance = name.endsWith("/" + typed) ? 0 : distance(typed, name);
      if (distance < bestDistance) {
        best = name;
        bestDistance = distance;
      }
    }
    boolean near = bestDistance <= Math.max(2, typed.length() / 3);
    return near ? Optional.of(best) : Optional.empty();
  }

  /** How many letters must be put in, left out or changed to make one of the other. */
  static int distance(String one, String other) {
    int[] above = new int[other.length() + 1];
    int[] row = new int[other.length() + 1];
    for (int j = 0; j <= other.length(); j++) {
      above[j] = j;
    }
    for (int i = 1; i <= one.length(); i++) {
      row[0] = i;
      for (int j = 1; j <= other.length(); j++) {
        int changed = above[j - 1] + (one.charAt(i - 1) == other.charAt(j - 1) ? 0 : 1);
        row[j] = Math.min(changed, Math.min(above[j], row[j - 1]) + 1);
      }
      int[] done = above;
      above = row;
      row = done;
    }
    return above[other.length()];
  }
}
