package dev.elephantfolio.cli;

import dev.elephantfolio.lab.Amounts;
import dev.elephantfolio.trace.EventKind;
import dev.elephantfolio.trace.RecordingTotals;
import dev.elephantfolio.trace.perf.ImportReport;
import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.List;

/** What is worth saying of an import: what was made, and what makes it less than sure. */
final class ImportNotes {
  private final List<String> lines = new ArrayList<>();

  private ImportNotes() {}

  /** A line each. */
  static List<String> of(Path recording, ImportReport report) throws IOException {
    ImportNotes notes = new ImportNotes();
    notes.lines.add(made(recording, report.totals()));
    notes.note("events that perf lost", report.totals().lostEvents(), "");
    notes.note("lines that are no perf script text", report.unknownLines(), examples(report));
    notes.inferred(report.totals());
    notes.note("events of other processes, left out", report.foreignEvents(), "");
    notes.note("faults where no program has memory, left out", report.impossibleTouches(), "");
    notes.note("memory calls without a beginning or an end", report.unpairedCalls(), "");
    return notes.lines;
  }

  private static String made(Path recording, RecordingTotals totals) throws IOException {
    return recording
        + ": "
        + Amounts.count(totals.events())
        + " events in "
        + Amounts.seconds(totals.durationNanos())
        + ", "
        + Amounts.bytes(Files.size(recording));
  }

  private static String examples(ImportReport report) {
    List<String> first = report.firstUnknownLines();
    return first.isEmpty() ? "" : " (" + String.join("; ", first) + ")";
  }

  private void inferred(RecordingTotals totals) {
    double share = (double) totals.inferredTouches() / Math.max(1, totals.count(EventKind.TOUCH));
    note(
        "touches of memory that no record explains",
        totals.inferredTouches(),
        " (" + Amounts.percent(Math.rint(share * 1000) / 1000) + "); its map was inferred");
  }

  private void note(String what, long count, String more) {
    if (count > 0) {
      lines.add(what + ": " + Amounts.count(count) + more);
    }
  }
}
