package dev.elephantfolio.linux.measure;

import dev.elephantfolio.linux.measure.Truth.ProcessSample;
import dev.elephantfolio.linux.measure.Truth.Sample;
import dev.elephantfolio.linux.proc.ProcFs;
import dev.elephantfolio.linux.proc.ProcessStat;
import dev.elephantfolio.linux.proc.SmapsRollup;
import java.nio.file.AccessDeniedException;
import java.util.ArrayList;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import java.util.Set;
import java.util.TreeSet;

/** Looks at every process of a command's tree, and keeps what it saw. Not thread-safe. */
final class Sampler {
  private final ProcFs proc;
  private final ProcessTree tree;
  private final long command;
  private final List<Sample> series = new ArrayList<>();
  private final Set<Integer> unreadable = new TreeSet<>();

  Sampler(ProcFs proc, ProcessTree tree, long command) {
    this.proc = proc;
    this.tree = tree;
    this.command = command;
  }

  /** Looks once. */
  void sample(long sinceStartNanos) {
    Map<Integer, ProcessSample> processes = new LinkedHashMap<>();
    for (ProcessStat process : tree.living(command)) {
      look(process).ifPresent(seen -> processes.put(process.pid(), seen));
    }
    series.add(new Sample(hundredths(sinceStartNanos), processes));
  }

  private Optional<ProcessSample> look(ProcessStat process) {
    try {
      return proc.smapsRollup(process.pid()).map(memory -> sample(memory, process));
    } catch (AccessDeniedException _) {
      unreadable.add(process.pid());
      return Optional.empty();
    }
  }

  private static ProcessSample sample(SmapsRollup memory, ProcessStat process) {
    return new ProcessSample(
        memory.rssBytes(),
        memory.bytes("Pss"),
        memory.bytes("Shared_Dirty"),
        memory.bytes("Private_Dirty"),
        memory.anonymousBytes(),
        memory.anonHugePagesBytes(),
        memory.bytes("ShmemPmdMapped"),
        process.comm(),
        process.minorFaults());
  }

  private static double hundredths(long nanos) {
    return Math.round(nanos / 1e7) / 100.0;
  }

  List<Sample> series() {
    return series;
  }

  /** Those of the tree we may not look into. */
  Set<Integer> unreadable() {
    return unreadable;
  }
}
