package dev.elephantfolio.lab.compare;

import dev.elephantfolio.lab.Amounts;
import java.util.ArrayList;
import java.util.List;

/**
 * One figure under every policy.
 *
 * @param id its name in JSON
 * @param label its name in the table
 * @param unit what the values are
 * @param better which of two values is the better one
 * @param values one for each policy, in the policies' order
 */
public record ComparisonRow(
    String id, String label, Unit unit, Better better, List<Double> values) {
  /** What a value is. */
  public enum Unit {
    BYTES,
    COUNT,
    /** From 0 to 1. */
    SHARE
  }

  /** Which values are good. */
  public enum Better {
    LOWER,
    HIGHER,
    /** It depends. */
    NEITHER
  }

  public ComparisonRow {
    values = List.copyOf(values);
  }

  /** The policies with the best value; none when all are alike or neither is better. */
  public List<Integer> best() {
    List<Integer> best = new ArrayList<>();
    if (better == Better.NEITHER || values.stream().distinct().count() == 1) {
      return best;
    }
    double extreme = extreme();
    for (int i = 0; i < values.size(); i++) {
      if (values.get(i) == extreme) {
        best.add(i);
      }
    }
    return best;
  }

  private double extreme() {
    double extreme = values.getFirst();
    for (double value : values) {
      extreme = better == Better.LOWER ? Math.min(extreme, value) : Math.max(extreme, value);
    }
    return extreme;
  }

  /** A value as people read it. */
  public String text(int policy) {
    double value = values.get(policy);
    return switch (unit) {
      case BYTES -> Amounts.bytes((long) value);
      case COUNT -> Amounts.count((long) value);
      case SHARE -> Amounts.percent(value);
    };
  }
}
