package dev.elephantfolio.trace.perf;

/** Turns the text's times into the recording's: nanoseconds since the first event kept. */
final class EventClock {
  private boolean started;
  private long baseNanos;
  private long lastNanos;

  /** Lines of several CPUs may be out of order by a little; an event is never before the last. */
  long at(long textNanos) {
    if (!started) {
      started = true;
      baseNanos = textNanos;
    }
    lastNanos = Math.max(lastNanos, textNanos - baseNanos);
    return lastNanos;
  }

  /** The time of the last event. */
  long last() {
    return lastNanos;
  }
}
