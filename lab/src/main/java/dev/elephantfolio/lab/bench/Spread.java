package dev.elephantfolio.lab.bench;

import java.util.Arrays;
import java.util.List;

/**
 * What several rounds measured.
 *
 * @param median of the rounds
 * @param least of the rounds
 * @param most of the rounds
 */
public record Spread(double median, double least, double most) {
  /** The spread of at least one value. */
  static Spread of(List<Double> values) {
    double[] sorted = values.stream().mapToDouble(Double::doubleValue).toArray();
    Arrays.sort(sorted);
    int middle = sorted.length / 2;
    double median =
        sorted.length % 2 == 1 ? sorted[middle] : (sorted[middle - 1] + sorted[middle]) / 2;
    return new Spread(median, sorted[0], sorted[sorted.length - 1]);
  }

  /** How far the rounds lie apart, as a share of the median. */
  public double width() {
    return (most - least) / median;
  }
}
