package dev.elephantfolio.lab.replay;

import dev.elephantfolio.engine.MemoryException;
import dev.elephantfolio.lab.replay.ReplayCounts.Refusal;
import dev.elephantfolio.trace.AccessBits;
import dev.elephantfolio.trace.RecordingReader;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Locale;
import java.util.Map;

/** Counts what becomes of events while a replay runs. */
final class ReplayTally {
  private long touches;
  private long refusedTouches;
  private long calls;
  private long failedCalls;
  private long refusedCalls;
  private long otherCalls;
  private long adoptedProcesses;
  private long strayEvents;
  private long lostEvents;
  private long inferredTouches;
  private long syntheticTouches;
  private final Map<String, Refusal> refusals = new LinkedHashMap<>();

  void touch(int accessBits) {
    touches++;
    if ((accessBits & (AccessBits.INFERRED | AccessBits.SYNTHETIC)) != 0) {
      inferredTouches += (accessBits & AccessBits.INFERRED) != 0 ? 1 : 0;
      syntheticTouches += (accessBits & AccessBits.SYNTHETIC) != 0 ? 1 : 0;
    }
  }

  void refusedTouch() {
    refusedTouches++;
  }

  void call() {
    calls++;
  }

  void failedCall() {
    failedCalls++;
  }

  void otherCall() {
    otherCalls++;
  }

  void adoptedProcess() {
    adoptedProcesses++;
  }

  void strayEvent() {
    strayEvents++;
  }

  void lost(long events) {
    lostEvents += events;
  }

  /** The event the reader stands at, a call, was refused. */
  void refusedCall(RecordingReader event, MemoryException error) {
    refusedCalls++;
    String call = event.kind().name().toLowerCase(Locale.ROOT);
    String errno = error.errno().name();
    Refusal one = new Refusal(call, errno, 1, event.timeNanos(), event.pid());
    refusals.merge(
        call + " " + errno,
        one,
        (before, _) ->
            new Refusal(call, errno, before.count() + 1, before.firstNanos(), before.firstPid()));
  }

  ReplayCounts counts(long events) {
    return new ReplayCounts(
        events,
        touches,
        refusedTouches,
        calls,
        failedCalls,
        refusedCalls,
        otherCalls,
        adoptedProcesses,
        strayEvents,
        lostEvents,
        inferredTouches,
        syntheticTouches,
        List.copyOf(refusals.values()));
  }
}
