package dev.elephantfolio.lab.compare;

import com.fasterxml.jackson.databind.node.ArrayNode;
import com.fasterxml.jackson.databind.node.JsonNodeFactory;
import com.fasterxml.jackson.databind.node.ObjectNode;
import dev.elephantfolio.lab.replay.ReplayJson;
import java.util.Locale;

/** A comparison, and advice, as JSON in the form that {@code docs/json.md} describes. */
public final class ComparisonJson {
  private ComparisonJson() {}

  /** The comparison alone. */
  public static ObjectNode of(Comparison comparison) {
    ObjectNode json = JsonNodeFactory.instance.objectNode();
    json.set("recording", ReplayJson.recording(comparison.anyReport()));
    ArrayNode policies = json.putArray("policies");
    for (Comparison.Outcome outcome : comparison.outcomes()) {
      ObjectNode policy = policies.addObject().put("name", outcome.policy().name());
      ReplayJson.addAll(policy, outcome.report());
    }
    ArrayNode rows = json.putArray("rows");
    comparison.rows().forEach(row -> rows.add(row(row)));
    return json;
  }

  /** The comparison that advice rests on, and the advice. */
  public static ObjectNode of(Advice advice) {
    ObjectNode json = of(advice.comparison());
    ObjectNode node = json.putObject("advice");
    node.put("policy", advice.policy())
        .put("baseline", advice.baseline())
        .put("memoryBudget", advice.memoryBudget())
        .put("sentence", advice.sentence());
    ArrayNode caveats = node.putArray("caveats");
    advice.caveats().forEach(caveats::add);
    return json;
  }

  private static ObjectNode row(ComparisonRow row) {
    ObjectNode json = JsonNodeFactory.instance.objectNode();
    json.put("id", row.id())
        .put("unit", row.unit().name().toLowerCase(Locale.ROOT))
        .put("better", row.better().name().toLowerCase(Locale.ROOT));
    ArrayNode values = json.putArray("values");
    for (double value : row.values()) {
      if (row.unit() == ComparisonRow.Unit.SHARE) {
        values.add(value);
      } else {
        values.add((long) value);
      }
    }
    ArrayNode best = json.putArray("best");
    row.best().forEach(best::add);
    return json;
  }
}
