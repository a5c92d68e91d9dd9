package dev.elephantfolio.trace;

import java.util.Map;

/**
 * What one process of a recording did.
 *
 * @param pid its id
 * @param comm its name, of its last exec if it had any
 * @param startNanos time of its first event
 * @param endNanos time of its last event
 * @param ended whether it ended within the recording
 * @param threads how many threads it had in all
 * @param touches its TOUCH events
 * @param inferredTouches those of them in regions that no record explains
 * @param distinctPages different pages touched, added over its images
 * @param mmapBytes memory mapped by successful mmap calls, added up
 * @param events how many events of each kind
 */
public record ProcessSummary(
    int pid,
    String comm,
    long startNanos,
    long endNanos,
    boolean ended,
    int threads,
    long touches,
    long inferredTouches,
    long distinctPages,
    long mmapBytes,
    Map<EventKind, Long> events) {}
