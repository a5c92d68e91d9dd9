package dev.elephantfolio.lab.replay;

import java.util.Optional;

/**
 * What was replayed.
 *
 * @param file where it stands
 * @param command what was recorded; empty when unknown
 * @param kernelRelease on which kernel; empty when unknown
 * @param durationNanos time of its last event
 * @param damage what was wrong with a recording of which only the beginning could be read
 */
public record RecordingSummary(
    String file,
    String command,
    String kernelRelease,
    long durationNanos,
    Optional<String> damage) {}
