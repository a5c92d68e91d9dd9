package dev.elephantfolio.engine.thp;

/**
 * How long khugepaged's work takes by the simulated clock, beside its sleeping. Matters only when
 * it hardly sleeps: by default it works for well under a millisecond every ten seconds.
 *
 * @param perPageNanos looking at one entry
 * @param perCollapseNanos making one huge page
 */
public record KhugepagedCosts(long perPageNanos, long perCollapseNanos) {
  /**
   * Of the size that a live 6.18 showed in the thread's schedstat, on a virtual machine: 66 ns an
   * entry, and from half a millisecond upwards a collapse.
   */
  public static final KhugepagedCosts TYPICAL = new KhugepagedCosts(60, 500_000);

  private static final long NANOS_MIN = 1_000;

  /** A round's time; never nothing, so that a clock that khugepaged drives moves on. */
  long nanos(long pages, long collapses) {
    return Math.max(NANOS_MIN, pages * perPageNanos + collapses * perCollapseNanos);
  }
}
