package dev.elephantfolio.conformance.shrink;

import dev.elephantfolio.lab.scenario.Scenario;

/** Runs a smaller program and says whether it still shows what the whole one showed. */
@FunctionalInterface
public interface Trial {
  boolean shows(Scenario candidate);
}
