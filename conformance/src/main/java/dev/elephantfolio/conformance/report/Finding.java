package dev.elephantfolio.conformance.report;

import dev.elephantfolio.conformance.compare.Difference;
import dev.elephantfolio.conformance.run.Verdict;
import dev.elephantfolio.lab.scenario.Scenario;

/**
 * A difference, and the smallest program that was found to show it.
 *
 * @param seed of the random program that it came from
 * @param callsBefore how many calls that program had
 * @param difference the first of its kind that {@code program} shows
 * @param program the smallest
 * @param verdict what came of it
 */
public record Finding(
    long seed, int callsBefore, Difference difference, Scenario program, Verdict verdict) {}
