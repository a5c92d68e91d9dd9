package dev.elephantfolio.lab.replay;

import dev.elephantfolio.engine.Machine;
import dev.elephantfolio.engine.MemoryException;
import dev.elephantfolio.engine.Process;
import dev.elephantfolio.engine.stat.ThpStat;
import dev.elephantfolio.trace.AccessBits;
import dev.elephantfolio.trace.EventKind;
import dev.elephantfolio.trace.RecordingException;
import dev.elephantfolio.trace.RecordingReader;
import java.io.IOException;
import java.nio.file.Path;
import java.util.LinkedHashMap;
import java.util.Map;
import java.util.SortedMap;
import java.util.TreeMap;
import java.util.concurrent.TimeUnit;

/**
 * Runs a recording through a machine of its own.
 *
 * <p>A recorded page fault becomes an access: it faults again only if the machine, under its
 * settings, has not mapped the page by then. Recorded calls become calls, and the machine's time is
 * the recorded time, so that its daemons do what they would have done meanwhile. The same recording
 * and options always give the same report.
 */
public final class Replay {
  private static final int PAGE_SHIFT = 12;
  private static final int EVENTS_PER_PROGRESS = 1 << 15;
  private static final int SMALLEST_ORDER = 1;
  private static final int LARGEST_ORDER = 9;
  private static final String SCAN_SLEEP = "transparent_hugepage/khugepaged/scan_sleep_millisecs";
  private static final String PAGES_COLLAPSED = "transparent_hugepage/khugepaged/pages_collapsed";

  private final RecordingReader reader;
  private final ReplayObserver observer;
  private final Machine machine;
  private final MemoryMeter meter;
  private final ReplayTally tally = new ReplayTally();
  private final ProcessReplay processes;
  private final CallReplay calls;
  private final SortedMap<String, Long> vmstatAtStart;
  private long writtenWord;
  private long lastNanos;

  private Replay(RecordingReader reader, ReplayOptions options, ReplayObserver observer) {
    this.reader = reader;
    this.observer = observer;
    this.machine = options.machine();
    letKhugepagedSleep();
    this.meter = new MemoryMeter(machine, observer);
    this.processes = new ProcessReplay(machine, meter, tally);
    this.calls = new CallReplay(machine, meter, tally);
    this.vmstatAtStart = machine.vmStat();
  }

  /**
   * Replays a recording.
   *
   * @param mode what to do about a damaged one
   * @throws dev.elephantfolio.trace.RecordingException when it cannot be read
   * @throws dev.elephantfolio.engine.SettingException for an unknown setting or value
   */
  public static ReplayReport run(
      Path recording, RecordingReader.Mode mode, ReplayOptions options, ReplayObserver observer)
      throws IOException {
    try (RecordingReader reader = RecordingReader.open(recording, mode)) {
      return new Replay(reader, options, observer).run(recording.toString(), options);
    }
  }

  /**
   * On a live machine khugepaged has been at work on other processes and is asleep when the program
   * begins, for up to {@code scan_sleep_millisecs} more. Here it is that long, always.
   */
  private void letKhugepagedSleep() {
    long millis = Long.parseLong(machine.get(SCAN_SLEEP));
    machine.khugepaged().sleepUntil(TimeUnit.MILLISECONDS.toNanos(millis));
  }

  private ReplayReport run(String file, ReplayOptions options) throws IOException {
    long events = 0;
    while (reader.next()) {
      lastNanos = reader.timeNanos();
      meter.advanceTo(lastNanos);
      replayEvent();
      if (++events % EVENTS_PER_PROGRESS == 0) {
        observer.progress(events);
      }
    }
    meter.end();
    observer.progress(events);
    return report(file, options, events);
  }

  private void replayEvent() {
    switch (reader.kind()) {
      case TOUCH, ACCESS -> touch();
      case EXEC -> processes.exec(reader);
      case FORK -> processes.fork(reader);
      case EXIT -> processes.exit(reader);
      case COMM -> processes.comm(reader);
      case REGION -> region();
      case MMAP,
          MUNMAP,
          MREMAP,
          MPROTECT,
          MADVISE,
          BRK,
          MLOCK,
          MLOCK2,
          MUNLOCK,
          MLOCKALL,
          MUNLOCKALL,
          PRCTL ->
          call();
      case GENERIC -> tally.otherCall();
      case LOST -> tally.lost(reader.argument(0));
      case THREAD_START, NOTE, SETTING -> {
        // Threads share what their process has; settings are those of this replay.
      }
    }
  }

  private void call() {
    ReplayedProcess process = processes.of(reader);
    if (process != null) {
      calls.replay(process, reader);
    }
  }

  private void region() {
    ReplayedProcess process = processes.of(reader);
    if (process != null) {
      calls.region(process, reader);
    }
  }

  private void touch() {
    ReplayedProcess process = processes.of(reader);
    if (process == null) {
      return;
    }
    int access = reader.access();
    tally.touch(access);
    try {
      access(process, reader.address(), access);
      if (reader.kind() == EventKind.ACCESS) {
        accessNextPage(process, access);
      }
    } catch (MemoryException refused) {
      tally.refusedTouch();
    }
    meter.changed(process);
  }

  private void access(ReplayedProcess process, long address, int access) {
    Process target = process.process();
    if ((access & AccessBits.WRITE) != 0) {
      // Never zero, never the same twice: what real programs write is not recorded.
      target.write(address, ++writtenWord);
      process.wrote(address);
    } else if ((access & AccessBits.EXEC) != 0) {
      target.execute(address);
    } else {
      target.read(address);
      process.read(address);
    }
  }

  /** A reference may reach over a page's end. */
  private void accessNextPage(ReplayedProcess process, int access) {
    long last = reader.address() + Math.max(reader.length(), 1) - 1;
    if (last >>> PAGE_SHIFT != reader.address() >>> PAGE_SHIFT) {
      access(process, last, access);
    }
  }

  private ReplayReport report(String file, ReplayOptions options, long events) {
    SortedMap<String, Long> vmstat = machine.vmStat();
    vmstat.replaceAll((name, value) -> value - vmstatAtStart.getOrDefault(name, 0L));
    return new ReplayReport(
        summary(file),
        options,
        processes.reports(lastNanos),
        meter.total(),
        FaultKinds.of(machine, vmstat),
        vmstat,
        sizes(),
        Long.parseLong(machine.get(PAGES_COLLAPSED)),
        tally.counts(events));
  }

  private RecordingSummary summary(String file) {
    return new RecordingSummary(
        file,
        reader.header().command(),
        reader.header().kernelRelease(),
        lastNanos,
        reader.damage().map(RecordingException::getMessage));
  }

  private Map<String, SortedMap<String, Long>> sizes() {
    Map<String, SortedMap<String, Long>> sizes = new LinkedHashMap<>();
    for (int order = SMALLEST_ORDER; order <= LARGEST_ORDER; order++) {
      SortedMap<String, Long> stats = new TreeMap<>();
      for (Map.Entry<ThpStat, Long> stat : machine.thpStats(order).entrySet()) {
        stats.put(stat.getKey().kernelName(), stat.getValue());
      }
      if (stats.values().stream().anyMatch(value -> value != 0)) {
        sizes.put("hugepages-" + (4 << order) + "kB", stats);
      }
    }
    return sizes;
  }
}
