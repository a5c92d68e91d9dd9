package dev.elephantfolio.trace.perf;

import dev.elephantfolio.trace.RecordingTotals;
import java.util.List;

/**
 * What an import did and what it could not do.
 *
 * @param totals of the recording that was written; its inferred touches and lost events are worth
 *     showing
 * @param lines lines read
 * @param unknownLines lines that are not perf script text
 * @param firstUnknownLines the first few of them, each with its number
 * @param foreignEvents events of processes that do not belong to the recording
 * @param impossibleTouches page faults at addresses no program can have mapped
 * @param unpairedCalls memory calls of which only the beginning or the end was there
 */
public record ImportReport(
    RecordingTotals totals,
    long lines,
    long unknownLines,
    List<String> firstUnknownLines,
    long foreignEvents,
    long impossibleTouches,
    long unpairedCalls) {}
