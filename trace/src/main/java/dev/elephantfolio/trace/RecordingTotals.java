package dev.elephantfolio.trace;

import java.util.Collections;
import java.util.EnumMap;
import java.util.Map;

/**
 * What a whole recording adds up to; it stands at the end of the file.
 *
 * @param events all events
 * @param blocks the blocks they stand in
 * @param durationNanos time of the last event
 * @param lostEvents sum of the LOST events' counts
 * @param inferredTouches TOUCH events in regions that no record explains
 * @param syntheticTouches TOUCH events that the importer concluded
 * @param eventsByKind how many events of each kind; kinds that do not occur are absent
 */
public record RecordingTotals(
    long events,
    long blocks,
    long durationNanos,
    long lostEvents,
    long inferredTouches,
    long syntheticTouches,
    Map<EventKind, Long> eventsByKind) {

  public RecordingTotals {
    Map<EventKind, Long> copy = new EnumMap<>(EventKind.class);
    copy.putAll(eventsByKind);
    eventsByKind = Collections.unmodifiableMap(copy);
  }

  /** How many events of that kind there are. */
  public long count(EventKind kind) {
    return eventsByKind.getOrDefault(kind, 0L);
  }

  void write(ByteSink sink) {
    sink.varint(events);
    sink.varint(blocks);
    sink.varint(durationNanos);
    sink.varint(lostEvents);
    sink.varint(inferredTouches);
    sink.varint(syntheticTouches);
    sink.varint(eventsByKind.size());
    eventsByKind.forEach((kind, count) -> {
      sink.varint(kind.code());
      sink.varint(count);
    });
  }

  static RecordingTotals read(ByteSource source) {
    long events = source.varint();
    long blocks = source.varint();
    long durationNanos = source.varint();
    long lostEvents = source.varint();
    long inferredTouches = source.varint();
    long syntheticTouches = source.varint();
    EventKind[] kinds = EventKind.byCode();
    Map<EventKind, Long> eventsByKind = new EnumMap<>(EventKind.class);
    for (int i = source.smallVarint(); i > 0; i--) {
      eventsByKind.put(kinds[source.smallVarint()], source.varint());
    }
    return new RecordingTotals(
        events, blocks, durationNanos, lostEvents, inferredTouches, syntheticTouches, eventsByKind);
  }
}
