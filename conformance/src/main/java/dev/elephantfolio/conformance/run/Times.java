package dev.elephantfolio.conformance.run;

/**
 * Where the time went, in nanoseconds; the two sides work at the same time.
 *
 * @param engine the engine's work, its looking at states included
 * @param live the other side's
 * @param engineLooking the part of it for looking at states
 * @param liveLooking the same of the other side
 * @param comparison holding states against each other
 */
public record Times(long engine, long live, long engineLooking, long liveLooking, long comparison) {
  public static final Times NONE = new Times(0, 0, 0, 0, 0);

  public Times plus(Times more) {
    return new Times(
        engine + more.engine,
        live + more.live,
        engineLooking + more.engineLooking,
        liveLooking + more.liveLooking,
        comparison + more.comparison);
  }
}
