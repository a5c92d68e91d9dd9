package dev.elephantfolio.lab.race;

import com.fasterxml.jackson.databind.node.ArrayNode;
import com.fasterxml.jackson.databind.node.JsonNodeFactory;
import com.fasterxml.jackson.databind.node.ObjectNode;
import dev.elephantfolio.engine.sync.ExplorationResult;
import dev.elephantfolio.engine.sync.Strategy;
import dev.elephantfolio.lab.Amounts;
import java.util.ArrayList;
import java.util.List;
import java.util.Locale;

/** What came of several races: a line for each as it ends, and the stories of those that failed. */
public final class RaceTable {
  private static final double NANOS_A_SECOND = 1e9;

  private final String format;
  private final List<Timed> done = new ArrayList<>();

  /** A race that was run, and how long it took. */
  private record Timed(RaceReport report, long nanos) {}

  /**
   * @param races those that will be run
   */
  public RaceTable(List<Race> races) {
    int widest = races.stream().mapToInt(race -> race.name().length()).max().orElse(1);
    format = "%-" + widest + "s  %12s  %11s  %9s  %s";
  }

  /** The first line. */
  public String header() {
    return line("race", "schedules", "states", "time", "");
  }

  /** Takes note of a race that was run; gives its line. */
  public String row(RaceReport report, long nanos) {
    done.add(new Timed(report, nanos));
    ExplorationResult result = report.result();
    return line(
        report.name(),
        Amounts.count(result.schedules()),
        result.states() == 0 ? "" : Amounts.count(result.states()),
        Amounts.seconds(nanos),
        reach(report));
  }

  private static String reach(RaceReport report) {
    if (report.failed()) {
      return "FAILED";
    }
    return report.strategy() instanceof Strategy.Exhaustive all
        ? RaceText.reach(all, report.result())
        : "";
  }

  private String line(String name, String schedules, String states, String time, String end) {
    return String.format(Locale.ROOT, format, name, schedules, states, time, end).stripTrailing()
        + "\n";
  }

  /** What stands below the lines: the stories, and how many failed. */
  public String end() {
    StringBuilder text = new StringBuilder();
    List<RaceReport> failed = done.stream().map(Timed::report).filter(RaceReport::failed).toList();
    failed.forEach(report -> text.append('\n').append(RaceText.of(report)));
    long schedules = done.stream().mapToLong(one -> one.report.result().schedules()).sum();
    text.append(failed.isEmpty() ? "" : "\n")
        .append(RaceText.count(done.size(), "race"))
        .append(", ")
        .append(RaceText.count(schedules, "schedule"))
        .append("; ")
        .append(failed.isEmpty() ? "none failed" : failed.size() + " failed")
        .append('\n');
    return text.toString();
  }

  public boolean failed() {
    return done.stream().anyMatch(one -> one.report.failed());
  }

  /** All of it, in the form that {@code docs/race.md} describes. */
  public ObjectNode json() {
    ObjectNode json = JsonNodeFactory.instance.objectNode();
    json.put("ok", !failed());
    ArrayNode races = json.putArray("races");
    done.forEach(
        one -> races.add(RaceJson.of(one.report).put("seconds", one.nanos / NANOS_A_SECOND)));
    return json;
  }
}
