package dev.elephantfolio.lab.scenario;

import dev.elephantfolio.lab.Amounts;
import dev.elephantfolio.lab.scenario.ScenarioReport.Failure;
import dev.elephantfolio.lab.scenario.ScenarioReport.NotedSnapshot;

/** A report for a reader: the snapshots, a line for each failure, and a line for the whole. */
public final class ScenarioText {
  private ScenarioText() {}

  /** Lines, each with its end. */
  public static String of(ScenarioReport report) {
    StringBuilder text = new StringBuilder();
    for (NotedSnapshot noted : report.snapshots()) {
      String label = noted.label().isEmpty() ? "" : " " + noted.label();
      text.append(report.file()).append(':').append(noted.line()).append(": snapshot");
      text.append(label).append('\n').append(SnapshotText.of(noted.snapshot()).indent(2));
    }
    for (Failure failure : report.failures()) {
      text.append(report.file()).append(':').append(failure.line()).append(": ");
      text.append(failure.told()).append('\n');
    }
    return text.append(summary(report)).append('\n').toString();
  }

  private static String summary(ScenarioReport report) {
    String verdict = report.ok() ? "ok" : count(report.failures().size(), "failure");
    return report.file()
        + ": "
        + verdict
        + " ("
        + report.side()
        + ": "
        + count(report.calls().size(), "call")
        + ", "
        + count(report.expectations(), "expectation")
        + ")";
  }

  private static String count(int count, String what) {
    return Amounts.count(count) + " " + what + (count == 1 ? "" : "s");
  }
}
