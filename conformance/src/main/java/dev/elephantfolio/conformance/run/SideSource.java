package dev.elephantfolio.conformance.run;

import dev.elephantfolio.lab.scenario.Scenario;
import dev.elephantfolio.lab.scenario.Side;

/** Makes the sides that programs run on, one after the other. Used by one thread at a time. */
public interface SideSource extends AutoCloseable {
  /** A side for one program; the one before is closed by then. */
  Side open(Scenario program);

  /**
   * Whether the counters of the side opened last were moved by its program alone, as far as can be
   * seen; asked before that side is closed, after its counters were read twice at the end.
   */
  default boolean isAlone() {
    return true;
  }

  /** Waits for a moment in which nobody else is about to disturb a program; between programs. */
  default void awaitCalm() {}

  @Override
  default void close() {}
}
