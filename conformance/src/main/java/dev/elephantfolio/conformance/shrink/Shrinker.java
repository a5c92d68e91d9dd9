package dev.elephantfolio.conformance.shrink;

import dev.elephantfolio.lab.scenario.Scenario;
import dev.elephantfolio.lab.scenario.Step;
import java.util.ArrayList;
import java.util.List;

/**
 * Makes a program smaller as long as it shows the same: takes steps out, in ever smaller pieces,
 * then makes the arguments of those that are left simpler, until neither helps. Used by one thread.
 *
 * <p>Behaviour: the delta debugging of Zeller and Hildebrandt, on steps, with the pieces'
 * complement alone: a program needs what came before.
 */
public final class Shrinker {
  private final Trial trial;
  private final int trialsMax;
  private int trials;
  private Scenario smallest;

  /**
   * @param program shows it already
   * @param trialsMax how many smaller programs are tried before it is left as it is
   */
  private Shrinker(Scenario program, Trial trial, int trialsMax) {
    this.smallest = program;
    this.trial = trial;
    this.trialsMax = trialsMax;
  }

  /** The smallest program that was found to show the same as {@code program}. */
  public static Scenario smallest(Scenario program, Trial trial, int trialsMax) {
    Shrinker shrinker = new Shrinker(program, trial, trialsMax);
    shrinker.shrink();
    return shrinker.smallest;
  }

  private void shrink() {
    boolean smaller = true;
    while (smaller && trials < trialsMax) {
      removeSteps();
      smaller = simplifySteps();
    }
    boolean _ = keeps(Renamed.of(smallest).steps());
  }

  private boolean isEnough() {
    return trials >= trialsMax;
  }

  /** Tries these steps, or what is possible of them; keeps them when they show the same. */
  private boolean keeps(List<Step> steps) {
    Scenario candidate = new Scenario(smallest.file(), Possible.of(steps)).normalised();
    if (candidate.equals(smallest) || isEnough()) {
      return false;
    }
    trials++;
    if (trial.shows(candidate)) {
      smallest = candidate;
      return true;
    }
    return false;
  }

  // Fewer steps.

  private void removeSteps() {
    int piece = Math.max(1, smallest.steps().size() / 2);
    while (!isEnough()) {
      boolean removed = removePieces(piece);
      if (piece == 1 && !removed) {
        return;
      }
      piece = Math.max(1, piece / 2);
    }
  }

  /** Takes each piece out in turn, from the end; whether any was not needed. */
  private boolean removePieces(int piece) {
    boolean any = false;
    int end = smallest.steps().size();
    while (end > 0) {
      List<Step> without = new ArrayList<>(smallest.steps());
      without.subList(Math.max(0, end - piece), end).clear();
      any |= keeps(without);
      end = Math.min(end - piece, smallest.steps().size());
    }
    return any;
  }

  // Simpler steps.

  private boolean simplifySteps() {
    boolean any = false;
    for (int i = 0; i < smallest.steps().size(); i++) {
      while (simplifyStep(i)) {
        any = true;
      }
    }
    return any;
  }

  private boolean simplifyStep(int index) {
    if (index >= smallest.steps().size()) {
      return false;
    }
    for (Step simpler : Simpler.than(smallest.steps().get(index))) {
      List<Step> steps = new ArrayList<>(smallest.steps());
      steps.set(index, simpler);
      if (keeps(steps)) {
        return true;
      }
    }
    return false;
  }
}
