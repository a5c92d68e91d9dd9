package dev.elephantfolio.lab.race;

import dev.elephantfolio.engine.sync.ExplorationResult;
import dev.elephantfolio.engine.sync.FailedSchedule;
import dev.elephantfolio.engine.sync.Story;
import dev.elephantfolio.engine.sync.Strategy;
import dev.elephantfolio.engine.sync.TaskFailure;
import dev.elephantfolio.lab.Amounts;
import java.util.ArrayList;
import java.util.List;
import java.util.Locale;

/** What came of a race, for people: a story in columns, one for each task, one line for a step. */
public final class RaceText {
  /** Of all columns together. */
  private static final int WIDTH = 100;

  private static final String GAP = "  ";

  private RaceText() {}

  /** The whole report, each line with its end. */
  public static String of(RaceReport report) {
    StringBuilder text = new StringBuilder();
    report.story().ifPresent(story -> text.append(of(story)).append('\n'));
    text.append(report.name()).append(": ").append(summary(report)).append('\n');
    report.again().forEach(line -> text.append("again: ").append(line).append('\n'));
    return text.toString();
  }

  private static String summary(RaceReport report) {
    ExplorationResult result = report.result();
    String schedules = count(result.schedules(), "schedule");
    String how =
        switch (report.strategy()) {
          case Strategy.RandomWalk walk -> "at random from seed " + walk.seed();
          case Strategy.Pct pct ->
              "by random priorities from seed "
                  + pct.seed()
                  + ", "
                  + count(pct.changes(), "change");
          case Strategy.Exhaustive all -> exhaustive(all, result);
        };
    String end = result.failed().map(failed -> ending(report, failed)).orElse("none failed");
    return schedules + " " + how + "; " + end;
  }

  private static String exhaustive(Strategy.Exhaustive all, ExplorationResult result) {
    String states = "through " + Amounts.count(result.states()) + " states";
    return states + (result.exhausted() ? ": " : ", ") + reach(all, result);
  }

  /** How much of everything was run. */
  static String reach(Strategy.Exhaustive all, ExplorationResult result) {
    if (!result.exhausted()) {
      return "those with few preemptions first";
    }
    int most = all.preemptionsMax();
    return most == Integer.MAX_VALUE
        ? "all there are"
        : "all with at most " + count(most, "preemption");
  }

  /** Such as {@code 1 schedule} or {@code 2,000 schedules}. */
  static String count(long count, String thing) {
    return Amounts.count(count) + " " + thing + (count == 1 ? "" : "s");
  }

  /** What was wrong stands at the end of the story, if there is one that ends alike. */
  private static String ending(RaceReport report, FailedSchedule failed) {
    String why = TaskFailure.describe(failed.failure());
    boolean told =
        report.story().flatMap(Story::failure).map(TaskFailure::describe).stream()
            .anyMatch(why::equals);
    return told ? "the last one failed" : "the last one failed: " + why;
  }

  /** A story in columns. */
  public static String of(Story story) {
    Columns columns = new Columns(story);
    columns.header();
    String[] last = new String[story.tasks().size()];
    for (Story.Line line : story.lines()) {
      // What was just said of a task is not said again: it looked twice, say.
      if (!line.text().equals(last[line.task()])) {
        columns.line(line.task(), line.text());
      }
      last[line.task()] = line.text();
    }
    story
        .failure()
        .ifPresent(failure ->
            columns.text.append("=> ").append(TaskFailure.describe(failure)).append('\n'));
    return columns.text.toString();
  }

  /** The page under way. */
  private static final class Columns {
    final StringBuilder text = new StringBuilder();
    private final Story story;
    private final int[] widths;

    Columns(Story story) {
      this.story = story;
      int columns = story.tasks().size();
      int most = (WIDTH - GAP.length() * (columns - 1)) / Math.max(columns, 1);
      widths = new int[columns];
      for (int task = 0; task < columns; task++) {
        widths[task] = Math.min(most, longest(task));
      }
    }

    private int longest(int task) {
      int longest = story.tasks().get(task).length();
      for (Story.Line line : story.lines()) {
        if (line.task() == task) {
          longest = Math.max(longest, line.text().length());
        }
      }
      return longest;
    }

    void header() {
      StringBuilder names = new StringBuilder();
      StringBuilder rule = new StringBuilder();
      for (int task = 0; task < widths.length; task++) {
        String name = story.tasks().get(task).toUpperCase(Locale.ROOT);
        names.append(task == 0 ? "" : GAP).append(padded(name, widths[task]));
        rule.append(task == 0 ? "" : GAP).append("─".repeat(widths[task]));
      }
      text.append(names.toString().stripTrailing()).append('\n').append(rule).append('\n');
    }

    void line(int task, String what) {
      int indent = 0;
      for (int before = 0; before < task; before++) {
        indent += widths[before] + GAP.length();
      }
      for (String part : wrapped(what, widths[task])) {
        text.append(" ".repeat(indent)).append(part).append('\n');
      }
    }

    private static List<String> wrapped(String what, int width) {
      List<String> parts = new ArrayList<>();
      StringBuilder part = new StringBuilder();
      for (String word : what.split(" ", -1)) {
        if (!part.isEmpty() && part.length() + 1 + word.length() > width) {
          parts.add(part.toString());
          part = new StringBuilder("   ");
        } else if (!part.isEmpty()) {
          part.append(' ');
        }
        part.append(word);
      }
      parts.add(part.toString());
      return parts;
    }

    private static String padded(String name, int width) {
      return name + " ".repeat(Math.max(0, width - name.length()));
    }
  }
}
