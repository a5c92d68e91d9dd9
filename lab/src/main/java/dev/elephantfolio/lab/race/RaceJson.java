package dev.elephantfolio.lab.race;

import com.fasterxml.jackson.databind.node.ArrayNode;
import com.fasterxml.jackson.databind.node.JsonNodeFactory;
import com.fasterxml.jackson.databind.node.ObjectNode;
import dev.elephantfolio.engine.sync.ExplorationResult;
import dev.elephantfolio.engine.sync.FailedSchedule;
import dev.elephantfolio.engine.sync.Mutation;
import dev.elephantfolio.engine.sync.Story;
import dev.elephantfolio.engine.sync.Strategy;
import dev.elephantfolio.engine.sync.TaskFailure;
import java.util.Collection;
import java.util.List;
import java.util.TreeSet;

/** What came of a race as JSON, in the form that {@code docs/race.md} describes. */
public final class RaceJson {
  private RaceJson() {}

  /** The whole report. */
  public static ObjectNode of(RaceReport report) {
    ExplorationResult result = report.result();
    ObjectNode json = JsonNodeFactory.instance.objectNode();
    json.put("race", report.name());
    mutations(json.putArray("without"), report.without());
    json.put("ok", !report.failed())
        .put("strategy", strategy(report.strategy()))
        .put("schedules", result.schedules())
        .put("states", result.states())
        .put("exhausted", result.exhausted());
    result.failed().ifPresent(failed -> json.set("failure", failure(report, failed)));
    return json;
  }

  private static String strategy(Strategy strategy) {
    return switch (strategy) {
      case Strategy.RandomWalk _ -> "random";
      case Strategy.Pct _ -> "pct";
      case Strategy.Exhaustive _ -> "exhaustive";
    };
  }

  private static void mutations(ArrayNode array, Collection<Mutation> mutations) {
    new TreeSet<>(mutations).forEach(mutation -> array.add(mutation.name()));
  }

  private static ObjectNode failure(RaceReport report, FailedSchedule failed) {
    ObjectNode json = JsonNodeFactory.instance.objectNode();
    json.put("message", TaskFailure.describe(failed.failure()));
    failed.seed().ifPresent(seed -> json.put("seed", seed));
    json.put("schedule", failed.schedule().toString());
    ArrayNode again = json.putArray("again");
    report.again().forEach(again::add);
    report.story().ifPresent(story -> json.set("story", of(story)));
    return json;
  }

  /** A story: the tasks' names, and what they did in order. */
  public static ObjectNode of(Story story) {
    ObjectNode json = JsonNodeFactory.instance.objectNode();
    ArrayNode tasks = json.putArray("tasks");
    story.tasks().forEach(tasks::add);
    ArrayNode lines = json.putArray("lines");
    for (Story.Line line : story.lines()) {
      lines.addObject().put("task", line.task()).put("text", line.text());
    }
    return json;
  }

  /** The races that there are. */
  public static ObjectNode of(List<Race> races) {
    ObjectNode json = JsonNodeFactory.instance.objectNode();
    ArrayNode array = json.putArray("races");
    for (Race race : races) {
      ObjectNode one = array.addObject().put("name", race.name()).put("shows", race.shows());
      mutations(one.putArray("mustCatch"), race.mustCatch());
    }
    return json;
  }
}
