package dev.elephantfolio.lab.compare;

import dev.elephantfolio.lab.compare.Comparison.Outcome;
import dev.elephantfolio.lab.compare.ComparisonRow.Better;
import dev.elephantfolio.lab.compare.ComparisonRow.Unit;
import dev.elephantfolio.lab.replay.ProcessReport;
import java.util.ArrayList;
import java.util.Comparator;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import java.util.function.ToDoubleFunction;

/**
 * One process under every policy.
 *
 * @param pid the recorded one
 * @param comm its name when it had the most memory
 * @param reports one for each policy, in the policies' order
 */
public record ProcessComparison(int pid, String comm, List<ProcessReport> reports) {
  public ProcessComparison {
    reports = List.copyOf(reports);
  }

  /** The same process in every replay began at the same recorded time. */
  private record Identity(int pid, long startNanos) {}

  static List<ProcessComparison> largest(List<Outcome> outcomes, int most) {
    Map<Identity, List<ProcessReport>> all = new LinkedHashMap<>();
    for (Outcome outcome : outcomes) {
      for (ProcessReport process : outcome.report().processes()) {
        all.computeIfAbsent(
                new Identity(process.pid(), process.startNanos()), _ -> new ArrayList<>())
            .add(process);
      }
    }
    return all.values().stream()
        .filter(reports -> reports.size() == outcomes.size())
        .map(ProcessComparison::of)
        .sorted(Comparator.comparingLong(ProcessComparison::mostAnonymousBytes).reversed())
        .limit(most)
        .toList();
  }

  private static ProcessComparison of(List<ProcessReport> reports) {
    ProcessReport first = reports.getFirst();
    return new ProcessComparison(first.pid(), first.comm(), reports);
  }

  private long mostAnonymousBytes() {
    return reports.stream().mapToLong(r -> r.peak().anonymousBytes()).max().orElse(0);
  }

  /** What of it is shown. */
  public List<ComparisonRow> rows() {
    return List.of(
        row("peakRssBytes", "RSS", Unit.BYTES, Better.LOWER, r -> r.peak().rssBytes()),
        row(
            "peakAnonymousBytes",
            "anonymous",
            Unit.BYTES,
            Better.LOWER,
            r -> r.peak().anonymousBytes()),
        row(
            "peakAnonHugePagesBytes",
            "AnonHugePages",
            Unit.BYTES,
            Better.HIGHER,
            r -> r.peak().anonHugePagesBytes()),
        row("faults", "page faults", Unit.COUNT, Better.LOWER, ProcessReport::faults));
  }

  private ComparisonRow row(
      String id, String label, Unit unit, Better better, ToDoubleFunction<ProcessReport> value) {
    return new ComparisonRow(
        id, label, unit, better, reports.stream().map(value::applyAsDouble).toList());
  }
}
