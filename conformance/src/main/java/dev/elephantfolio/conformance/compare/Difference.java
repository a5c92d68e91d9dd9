package dev.elephantfolio.conformance.compare;

/**
 * One thing that the engine and the kernel do not agree on.
 *
 * @param kind what differs, in words that are the same for the same mistake elsewhere: {@code page
 *     mapcount}, {@code outcome of mremap}
 * @param where the process and place, or empty
 * @param engine what the engine says
 * @param live what the other side says
 */
public record Difference(String kind, String where, String engine, String live) {
  @Override
  public String toString() {
    return kind + (where.isEmpty() ? "" : " at " + where) + ": engine " + engine + ", live " + live;
  }
}
