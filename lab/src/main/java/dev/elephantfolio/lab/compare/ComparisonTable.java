package dev.elephantfolio.lab.compare;

import dev.elephantfolio.lab.replay.ReplayText;
import java.util.ArrayList;
import java.util.LinkedHashSet;
import java.util.List;
import java.util.Set;

/** A comparison for people to read: figures in rows, policies in columns, the best marked. */
public final class ComparisonTable {
  private static final int PROCESSES_SHOWN = 3;
  private static final int LABEL_WIDTH = 24;
  private static final String MARK = "*";

  private final Comparison comparison;
  private final int[] widths;
  private final StringBuilder text = new StringBuilder();

  private ComparisonTable(Comparison comparison) {
    this.comparison = comparison;
    this.widths = new int[comparison.outcomes().size()];
  }

  /** The table, with a line on the recording above and what is not sure of it below. */
  public static String of(Comparison comparison) {
    ComparisonTable table = new ComparisonTable(comparison);
    table.measure();
    table.text.append(ReplayText.recordingLine(comparison.anyReport())).append("\n\n");
    table.header();
    comparison.rows().forEach(table::row);
    table.processes();
    table.text.append("\n* best of its row");
    if (comparison.largestProcesses(2).size() > 1) {
      table.text.append("; what processes share counts for each, in \"memory used\" once");
    }
    table.text.append('\n');
    table.caveats();
    return table.text.toString();
  }

  private List<ProcessComparison> shownProcesses() {
    List<ProcessComparison> largest = comparison.largestProcesses(PROCESSES_SHOWN);
    return largest.size() == 1 ? List.of() : largest;
  }

  private void measure() {
    List<ComparisonRow> rows = new ArrayList<>(comparison.rows());
    shownProcesses().forEach(process -> rows.addAll(process.rows()));
    for (int i = 0; i < widths.length; i++) {
      widths[i] = comparison.outcomes().get(i).policy().name().length() + 1;
      for (ComparisonRow row : rows) {
        widths[i] = Math.max(widths[i], row.text(i).length() + MARK.length());
      }
    }
  }

  private void header() {
    label("");
    for (int i = 0; i < widths.length; i++) {
      cell(comparison.outcomes().get(i).policy().name(), "", widths[i]);
    }
    end();
  }

  private void row(ComparisonRow row) {
    label(row.label());
    List<Integer> best = row.best();
    for (int i = 0; i < widths.length; i++) {
      cell(row.text(i), best.contains(i) ? MARK : "", widths[i]);
    }
    end();
  }

  private void processes() {
    for (ProcessComparison process : shownProcesses()) {
      text.append('\n').append(process.comm()).append(" (").append(process.pid()).append(")\n");
      for (ComparisonRow row : process.rows()) {
        row(indented(row));
      }
    }
  }

  private static ComparisonRow indented(ComparisonRow row) {
    String label = row.unit() == ComparisonRow.Unit.BYTES ? row.label() + ", peak" : row.label();
    return new ComparisonRow(row.id(), "  " + label, row.unit(), row.better(), row.values());
  }

  private void caveats() {
    Set<String> lines = new LinkedHashSet<>();
    for (Comparison.Outcome outcome : comparison.outcomes()) {
      ReplayText.caveats(outcome.report())
          .lines()
          .forEach(line -> {
            if (!line.isEmpty()) {
              lines.add(line);
            }
          });
    }
    lines.forEach(line -> text.append(line).append('\n'));
  }

  private void label(String label) {
    text.append(label).append(" ".repeat(Math.max(1, LABEL_WIDTH - label.length())));
  }

  /** Right-aligned, with a place of its own for the mark. */
  private void cell(String value, String mark, int width) {
    text.append(" ".repeat(Math.max(0, width - MARK.length() - value.length()) + 2))
        .append(value)
        .append(mark.isEmpty() ? " " : mark);
  }

  private void end() {
    while (text.charAt(text.length() - 1) == ' ') {
      text.setLength(text.length() - 1);
    }
    text.append('\n');
  }
}
