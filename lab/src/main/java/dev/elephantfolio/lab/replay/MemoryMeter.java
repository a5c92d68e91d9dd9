package dev.elephantfolio.lab.replay;

import dev.elephantfolio.engine.Machine;
import dev.elephantfolio.engine.stat.NodeStat;
import dev.elephantfolio.engine.stat.ThpStat;
import dev.elephantfolio.lab.replay.ReplayedProcess.Standing;
import java.util.ArrayList;
import java.util.List;

/**
 * Measures what the processes of a replay have: all of them every 0.1 s, and between that whenever
 * memory is about to be given back, so that no peak is missed.
 */
final class MemoryMeter {
  /** How often a sampler on the live machine looks, too. */
  private static final long SAMPLE_NANOS = 100_000_000;

  private static final long LOOK_NANOS = SAMPLE_NANOS / SampledFigures.OBSERVERS;

  private static final int SMALLEST_LARGE_ORDER = 1;
  private static final int LARGEST_ORDER = 9;

  private final Machine machine;
  private final ReplayObserver observer;
  private final long freeAtStartBytes;
  private final List<ReplayedProcess> living = new ArrayList<>();
  private final List<ReplayedProcess> changed = new ArrayList<>();

  private MemoryFigures now = MemoryFigures.ZERO;
  private MemoryFigures peak = MemoryFigures.ZERO;
  private final SampledFigures sampled = new SampledFigures();
  private MemoryFigures last = MemoryFigures.ZERO;
  private MemoryFigures atPeakAnonymous = MemoryFigures.ZERO;
  private double largeCoverageAtPeak;
  private double sampledHugeBytes;
  private double sampledAnonymousBytes;
  private long pageTableBytes;
  private long peakPageTableBytes;
  private long peakUsedBytes;
  private long lastUsedBytes;
  private long peakBloatBytes;
  private long untouchedBytes;
  private long peakDeferredFolios;
  private long lastDeferredFolios;
  private long nextLookNanos;

  MemoryMeter(Machine machine, ReplayObserver observer) {
    this.machine = machine;
    this.observer = observer;
    this.freeAtStartBytes = freeBytes();
  }

  void add(ReplayedProcess process) {
    living.add(process);
    changed(process);
  }

  /** The process is about to go; returns once its last figures are known. */
  void remove(ReplayedProcess process) {
    if (process.standing() == Standing.NEWBORN) {
      process.stand(Standing.COUNTED);
      changed(process);
    }
    beforeShrinking();
    if (process.standing() == Standing.COUNTED) {
      process.measureBloat();
      untouchedBytes += process.bloatBytes();
    }
    addBloat();
    withdraw(process);
    living.remove(process);
  }

  /** What the process had no longer counts. */
  private void withdraw(ReplayedProcess process) {
    if (process.standing() == Standing.COUNTED) {
      now = now.replacing(process.now(), MemoryFigures.ZERO);
      pageTableBytes -= process.pageTableBytes();
    }
  }

  /** The process may have more memory than when it was last looked at. */
  void changed(ReplayedProcess process) {
    if (!process.changed()) {
      process.changed(true);
      changed.add(process);
    }
  }

  /** Memory is about to be given back: what there is may be a peak. */
  void beforeShrinking() {
    for (ReplayedProcess process : changed) {
      process.changed(false);
      look(process);
    }
    changed.clear();
    lookAtAll();
  }

  private void look(ReplayedProcess process) {
    if (process.standing() == Standing.COUNTED) {
      MemoryFigures before = process.now();
      long tablesBefore = process.pageTableBytes();
      process.measure();
      now = now.replacing(before, process.now());
      pageTableBytes += process.pageTableBytes() - tablesBefore;
    }
  }

  private void lookAtAll() {
    if (now.anonymousBytes() > peak.anonymousBytes()) {
      atPeakAnonymous = now;
      largeCoverageAtPeak = largeCoverage();
    }
    peak = peak.max(now);
    peakPageTableBytes = Math.max(peakPageTableBytes, pageTableBytes);
    long usedBytes = freeAtStartBytes - freeBytes();
    peakUsedBytes = Math.max(peakUsedBytes, usedBytes);
    long deferredFolios = partlyMappedFolios();
    peakDeferredFolios = Math.max(peakDeferredFolios, deferredFolios);
    if (now.rssBytes() > 0) {
      last = now;
      lastUsedBytes = usedBytes;
      lastDeferredFolios = deferredFolios;
    }
  }

  /** Memory in no use, what processors keep for their next allocations included. */
  private long freeBytes() {
    return machine.freeBytes();
  }

  /** Large folios of which some process maps only a part. */
  private long partlyMappedFolios() {
    long folios = 0;
    for (int order = SMALLEST_LARGE_ORDER; order <= LARGEST_ORDER; order++) {
      folios += machine.kernel().thpStats().get(order, ThpStat.NR_ANON_PARTIALLY_MAPPED);
    }
    return folios;
  }

  /** How much of the anonymous memory, each page once, is in folios of more than one page. */
  private double largeCoverage() {
    long pages = 0;
    for (int order = SMALLEST_LARGE_ORDER; order <= LARGEST_ORDER; order++) {
      pages += machine.kernel().thpStats().get(order, ThpStat.NR_ANON) << order;
    }
    long all = machine.kernel().nodeStats().get(NodeStat.NR_ANON_PAGES);
    return Math.min(1, MemoryFigures.share(pages, all));
  }

  /** Lets the machine's time run to {@code timeNanos}, with every look due until then. */
  void advanceTo(long timeNanos) {
    while (nextLookNanos <= timeNanos) {
      machine.advanceTo(nextLookNanos);
      int observer = (int) (nextLookNanos / LOOK_NANOS % SampledFigures.OBSERVERS);
      if (observer == 0) {
        sample(nextLookNanos);
      } else {
        beforeShrinking();
      }
      observe(observer);
      nextLookNanos += LOOK_NANOS;
    }
    machine.advanceTo(timeNanos);
  }

  private void observe(int observer) {
    sampled.look(observer, now);
    for (ReplayedProcess process : living) {
      if (process.standing() == Standing.COUNTED) {
        process.sampled().look(observer, process.now());
      }
    }
  }

  private void sample(long timeNanos) {
    for (ReplayedProcess process : living) {
      if (process.standing() == Standing.NEWBORN) {
        process.stand(Standing.COUNTED);
      }
      boolean mayDiffer = process.changed();
      MemoryFigures before = process.now();
      look(process);
      if (process.standing() == Standing.COUNTED) {
        if (mayDiffer || !before.equals(process.now())) {
          process.measureBloat();
        }
        observer.sample(timeNanos, process.pid(), process.now());
      }
    }
    changed.forEach(process -> process.changed(false));
    changed.clear();
    lookAtAll();
    addBloat();
    sampledHugeBytes += now.anonHugePagesBytes();
    sampledAnonymousBytes += now.anonymousBytes();
  }

  /** The processes that are still there, in order of their beginning. */
  List<ReplayedProcess> living() {
    return List.copyOf(living);
  }

  /** What is there outlives the recording: looks at it a last time. */
  void end() {
    for (ReplayedProcess process : living) {
      changed(process);
      process.stand(process.standing() == Standing.NEWBORN ? Standing.COUNTED : process.standing());
    }
    beforeShrinking();
    for (ReplayedProcess process : living) {
      if (process.standing() == Standing.COUNTED) {
        process.measureBloat();
        untouchedBytes += process.bloatBytes();
      }
    }
    addBloat();
  }

  private void addBloat() {
    long bloatBytes = 0;
    for (ReplayedProcess process : living) {
      bloatBytes += process.bloatBytes();
    }
    peakBloatBytes = Math.max(peakBloatBytes, bloatBytes);
  }

  /** What all processes together had. */
  ReplayTotal total() {
    return new ReplayTotal(
        sampled.peak(peak),
        sampled.last(last),
        peak,
        last,
        atPeakAnonymous.hugeCoverage(),
        largeCoverageAtPeak,
        sampledAnonymousBytes == 0 ? 0 : sampledHugeBytes / sampledAnonymousBytes,
        peakUsedBytes,
        lastUsedBytes,
        peakBloatBytes,
        untouchedBytes,
        peakPageTableBytes,
        peakDeferredFolios,
        lastDeferredFolios);
  }
}
