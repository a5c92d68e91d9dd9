package dev.elephantfolio.lab.bench;

import com.fasterxml.jackson.databind.node.ArrayNode;
import com.fasterxml.jackson.databind.node.JsonNodeFactory;
import com.fasterxml.jackson.databind.node.ObjectNode;
import dev.elephantfolio.lab.bench.BenchResult.Live;
import dev.elephantfolio.lab.bench.BenchResult.LiveMissing;
import dev.elephantfolio.lab.bench.BenchResult.LiveSpeed;
import dev.elephantfolio.lab.bench.BenchResult.Memory;
import dev.elephantfolio.lab.bench.BenchResult.Skipped;
import dev.elephantfolio.lab.bench.BenchResult.Speed;

/** A measurement as JSON, in the form that {@code docs/performance.md} describes. */
public final class BenchJson {
  private BenchJson() {}

  /** The whole report. */
  public static ObjectNode of(BenchReport report) {
    ObjectNode json = JsonNodeFactory.instance.objectNode();
    json.put("kernel", report.kernelRelease())
        .put("java", report.javaVersion())
        .put("processors", report.processors())
        .put("clock", report.options().clock().label())
        .put("rounds", report.options().rounds())
        .put("arenaBytes", report.options().arenaBytes());
    ArrayNode results = json.putArray("results");
    report.results().forEach(result -> results.add(result(result)));
    return json;
  }

  private static ObjectNode result(BenchResult result) {
    ObjectNode json = JsonNodeFactory.instance.objectNode();
    json.put("name", result.workload().label()).put("of", result.workload().operation());
    switch (result) {
      case Speed speed -> {
        json.set("perSecond", spread(speed.ours()));
        speed.live().ifPresent(live -> json.set("live", live(live)));
      }
      case Memory memory ->
          json.put("count", memory.count())
              .put("heapBytes", memory.heapBytes())
              .put("bytesEach", memory.bytesEach());
      case Skipped skipped -> json.put("missing", skipped.why());
    }
    return json;
  }

  private static ObjectNode live(Live live) {
    ObjectNode json = JsonNodeFactory.instance.objectNode();
    switch (live) {
      case LiveSpeed both -> {
        json.set("perSecond", spread(both.kernel()));
        json.set("ratio", spread(both.ratio()));
      }
      case LiveMissing missing -> json.put("missing", missing.why());
    }
    return json;
  }

  private static ObjectNode spread(Spread spread) {
    return JsonNodeFactory.instance
        .objectNode()
        .put("median", spread.median())
        .put("least", spread.least())
        .put("most", spread.most());
  }
}
