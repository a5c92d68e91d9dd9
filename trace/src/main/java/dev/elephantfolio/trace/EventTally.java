package dev.elephantfolio.trace;

import java.util.EnumMap;
import java.util.Map;

/** Adds up a recording's events as they are written or read. */
final class EventTally {
  private final long[] counts = new long[EventKind.CODE_LIMIT];
  private long lastTimeNanos;
  private long lostEvents;
  private long inferredTouches;
  private long syntheticTouches;

  long lastTimeNanos() {
    return lastTimeNanos;
  }

  long inferredTouches() {
    return inferredTouches;
  }

  long count(EventKind kind) {
    return counts[kind.code()];
  }

  /** Adds an event by its kind, its time and its first two values. */
  void add(EventKind kind, long timeNanos, long firstValue, long secondValue) {
    counts[kind.code()]++;
    lastTimeNanos = timeNanos;
    if (kind == EventKind.TOUCH) {
      inferredTouches += (secondValue & AccessBits.INFERRED) != 0 ? 1 : 0;
      syntheticTouches += (secondValue & AccessBits.SYNTHETIC) != 0 ? 1 : 0;
    } else if (kind == EventKind.LOST) {
      lostEvents += firstValue;
    }
  }

  Map<EventKind, Long> byKind() {
    Map<EventKind, Long> byKind = new EnumMap<>(EventKind.class);
    for (EventKind kind : EventKind.values()) {
      if (counts[kind.code()] > 0) {
        byKind.put(kind, counts[kind.code()]);
      }
    }
    return byKind;
  }

  RecordingTotals totals(long events, long blocks) {
    return new RecordingTotals(
        events, blocks, lastTimeNanos, lostEvents, inferredTouches, syntheticTouches, byKind());
  }
}
