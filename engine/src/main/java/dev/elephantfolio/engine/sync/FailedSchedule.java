package dev.elephantfolio.engine.sync;

import java.util.OptionalLong;

/**
 * A schedule under which a race failed.
 *
 * @param seed of the strategy, when it has seeds
 */
public record FailedSchedule(Schedule schedule, OptionalLong seed, Throwable failure) {}
