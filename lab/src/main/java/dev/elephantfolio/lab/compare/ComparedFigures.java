package dev.elephantfolio.lab.compare;

import static dev.elephantfolio.lab.compare.ComparisonRow.Better.HIGHER;
import static dev.elephantfolio.lab.compare.ComparisonRow.Better.LOWER;
import static dev.elephantfolio.lab.compare.ComparisonRow.Better.NEITHER;
import static dev.elephantfolio.lab.compare.ComparisonRow.Unit.BYTES;
import static dev.elephantfolio.lab.compare.ComparisonRow.Unit.COUNT;
import static dev.elephantfolio.lab.compare.ComparisonRow.Unit.SHARE;

import dev.elephantfolio.engine.stat.VmEvent;
import dev.elephantfolio.lab.compare.Comparison.Outcome;
import dev.elephantfolio.lab.compare.ComparisonRow.Better;
import dev.elephantfolio.lab.compare.ComparisonRow.Unit;
import dev.elephantfolio.lab.replay.ReplayReport;
import java.util.ArrayList;
import java.util.List;
import java.util.function.ToDoubleFunction;

/** The figures that a comparison shows. */
final class ComparedFigures {
  private record Figure(
      String id, String label, Unit unit, Better better, ToDoubleFunction<ReplayReport> value) {}

  private static final List<Figure> FIGURES =
      List.of(
          new Figure(
              "peakUsedBytes", "memory used, peak", BYTES, LOWER, r -> r.total().peakUsedBytes()),
          new Figure("peakRssBytes", "RSS, peak", BYTES, LOWER, r -> r.total().peak().rssBytes()),
          new Figure(
              "peakAnonymousBytes",
              "anonymous, peak",
              BYTES,
              LOWER,
              r -> r.total().peak().anonymousBytes()),
          new Figure(
              "peakAnonHugePagesBytes",
              "AnonHugePages, peak",
              BYTES,
              HIGHER,
              r -> r.total().peak().anonHugePagesBytes()),
          new Figure(
              "hugeCoverageAtPeak",
              "huge coverage at peak",
              SHARE,
              HIGHER,
              r -> r.total().hugeCoverageAtPeak()),
          new Figure(
              "meanHugeCoverage",
              "huge coverage, mean",
              SHARE,
              HIGHER,
              r -> r.total().meanHugeCoverage()),
          new Figure(
              "largeFolioCoverageAtPeak",
              "in folios > 4K at peak",
              SHARE,
              HIGHER,
              r -> r.total().largeCoverageAtPeak()),
          new Figure(
              "peakBloatBytes",
              "not yet touched, peak",
              BYTES,
              LOWER,
              r -> r.total().peakBloatBytes()),
          new Figure(
              "untouchedBytes",
              "never touched, at exit",
              BYTES,
              LOWER,
              r -> r.total().untouchedBytes()),
          new Figure("faults", "page faults", COUNT, LOWER, r -> r.faults().all()),
          new Figure(
              "hugeFaults", "  with a huge page", COUNT, NEITHER, r -> r.faults().hugePages()),
          new Figure(
              "largeFolioFaults",
              "  with a large folio",
              COUNT,
              NEITHER,
              r -> r.faults().largeFolioFaults()),
          new Figure("copiedBytes", "copied on write", BYTES, LOWER, r -> r.copiedBytes()),
          new Figure("splitPmds", "PMD splits", COUNT, LOWER, r -> r.count(VmEvent.THP_SPLIT_PMD)),
          new Figure(
              "splitFolios", "folio splits", COUNT, LOWER, r -> r.count(VmEvent.THP_SPLIT_PAGE)),
          new Figure(
              "collapses", "collapses", COUNT, NEITHER, r -> r.count(VmEvent.THP_COLLAPSE_ALLOC)),
          new Figure(
              "peakDeferredSplitFolios",
              "split backlog, peak",
              COUNT,
              LOWER,
              r -> r.total().peakDeferredFolios()),
          new Figure(
              "peakPageTableBytes",
              "page tables, peak",
              BYTES,
              LOWER,
              r -> r.total().peakPageTableBytes()));

  private ComparedFigures() {}

  static List<ComparisonRow> rows(List<Outcome> outcomes) {
    List<ComparisonRow> rows = new ArrayList<>();
    for (Figure figure : FIGURES) {
      List<Double> values = new ArrayList<>();
      for (Outcome outcome : outcomes) {
        values.add(figure.value().applyAsDouble(outcome.report()));
      }
      rows.add(
          new ComparisonRow(figure.id(), figure.label(), figure.unit(), figure.better(), values));
    }
    return rows;
  }
}
