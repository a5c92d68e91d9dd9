package dev.elephantfolio.trace;

import java.io.IOException;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.Formatter;
import java.util.HashMap;
import java.util.List;
import java.util.Locale;
import java.util.Map;
import java.util.Optional;

/**
 * What a recording holds, process by process.
 *
 * @param header what the recording says of itself
 * @param totals what it adds up to; counted from its events, so also known of a salvaged one
 * @param damage what was wrong with it, if it was salvaged
 * @param processes in the order of their first events
 */
public record RecordingSummary(
    RecordingHeader header,
    RecordingTotals totals,
    Optional<String> damage,
    List<ProcessSummary> processes) {

  /** Reads a whole recording. */
  public static RecordingSummary of(Path path) throws IOException {
    return of(path, RecordingReader.Mode.STRICT);
  }

  /** Reads a recording, or what can be read of it. */
  public static RecordingSummary of(Path path, RecordingReader.Mode mode) throws IOException {
    try (RecordingReader reader = RecordingReader.open(path, mode)) {
      Counting counting = new Counting();
      while (reader.next()) {
        counting.count(reader);
      }
      return new RecordingSummary(
          reader.header(),
          counting.all.totals(reader.eventsRead(), reader.blocksRead()),
          reader.damage().map(RecordingException::getMessage),
          counting.processes.stream().map(Tally::summary).toList());
    }
  }

  /** Prints it for people to read. */
  public void print(Appendable out) throws IOException {
    try (Formatter text = new Formatter(Locale.ROOT)) {
      format(text);
      text.format("\n%9s %-15s %9s %7s", "pid", "comm", "seconds", "threads");
      text.format(" %10s %10s %10s %8s\n", "touches", "pages", "mmapped", "inferred");
      processes.forEach(process -> format(text, process));
      damage.ifPresent(what -> text.format("DAMAGED          %s\n", what));
      out.append(text.toString());
    }
  }

  private void format(Formatter text) {
    text.format("command          %s\n", header.command());
    String kernel = header.kernelRelease().isEmpty() ? "not recorded" : header.kernelRelease();
    text.format("kernel           %s, %d CPUs\n", kernel, header.cpuCount());
    text.format("made by          %s\n", header.tool());
    header.settings().forEach((key, value) -> text.format("setting          %s=%s\n", key, value));
    text.format("duration         %.3f s\n", totals.durationNanos() / 1e9);
    text.format("events           %,d\n", totals.events());
    totals.eventsByKind().forEach((kind, count) -> text.format("  %-14s %,d\n", kind, count));
    text.format("inferred touches %,d\n", totals.inferredTouches());
    text.format("lost events      %,d\n", totals.lostEvents());
  }

  private static void format(Formatter text, ProcessSummary process) {
    double seconds = (process.endNanos() - process.startNanos()) / 1e9;
    text.format("%9d %-15s %9.3f", process.pid(), process.comm(), seconds);
    text.format(" %7d %,10d", process.threads(), process.touches());
    text.format(" %,10d %9.1fM", process.distinctPages(), process.mmapBytes() / 1048576.0);
    text.format(" %,8d\n", process.inferredTouches());
  }

  /** The processes so far; a pid that is used again is another process. */
  private static final class Counting {
    final List<Tally> processes = new ArrayList<>();
    private final Map<Integer, Tally> byPid = new HashMap<>();
    private final EventTally all = new EventTally();
    private Tally last = new Tally(-1, 0);

    void count(RecordingReader reader) {
      EventKind kind = reader.kind();
      all.add(kind, reader.timeNanos(), reader.address(), reader.secondValue());
      if (kind == EventKind.LOST) {
        return;
      }
      tally(reader.pid(), reader.timeNanos()).count(reader);
      if (kind == EventKind.FORK) {
        forked(reader);
      }
    }

    private void forked(RecordingReader reader) {
      int childPid = (int) reader.argument(1);
      Tally child = begin(childPid, reader.timeNanos());
      child.comm = last.comm;
      byPid.put(childPid, child);
    }

    private Tally tally(int pid, long timeNanos) {
      if (pid != last.pid) {
        last = byPid.computeIfAbsent(pid, _ -> begin(pid, timeNanos));
      }
      return last;
    }

    private Tally begin(int pid, long timeNanos) {
      Tally tally = new Tally(pid, timeNanos);
      processes.add(tally);
      return tally;
    }
  }

  /** One process, as its events come by. */
  private static final class Tally {
    final int pid;
    String comm = "";
    private final long startNanos;
    private final EventTally events = new EventTally();
    private final PageSet pages = new PageSet();
    private boolean ended;
    private long pagesBefore;
    private long mmapBytes;

    Tally(int pid, long startNanos) {
      this.pid = pid;
      this.startNanos = startNanos;
    }

    void count(RecordingReader reader) {
      events.add(reader.kind(), reader.timeNanos(), reader.address(), reader.secondValue());
      switch (reader.kind()) {
        case TOUCH -> pages.add(reader.address());
        case MMAP -> mmapBytes += reader.failed() ? 0 : reader.length();
        case EXEC -> {
          pagesBefore += pages.count();
          pages.clear();
          comm = reader.string(reader.argument(1));
        }
        case EXIT -> ended |= reader.argument(0) != 0;
        default -> {}
      }
    }

    ProcessSummary summary() {
      return new ProcessSummary(
          pid,
          comm,
          startNanos,
          Math.max(startNanos, events.lastTimeNanos()),
          ended,
          1 + (int) events.count(EventKind.THREAD_START),
          events.count(EventKind.TOUCH),
          events.inferredTouches(),
          pagesBefore + pages.count(),
          mmapBytes,
          events.byKind());
    }
  }
}
