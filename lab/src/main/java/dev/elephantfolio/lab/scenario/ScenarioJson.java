package dev.elephantfolio.lab.scenario;

import com.fasterxml.jackson.databind.node.ArrayNode;
import com.fasterxml.jackson.databind.node.JsonNodeFactory;
import com.fasterxml.jackson.databind.node.ObjectNode;
import dev.elephantfolio.lab.scenario.ScenarioReport.NotedSnapshot;
import dev.elephantfolio.lab.scenario.Snapshot.AreaView;
import dev.elephantfolio.lab.scenario.Snapshot.PageView;
import dev.elephantfolio.lab.scenario.Snapshot.ProcessView;
import java.math.BigInteger;
import org.jspecify.annotations.Nullable;

/** A report as JSON in the form that {@code docs/scenario.md} describes. */
public final class ScenarioJson {
  private ScenarioJson() {}

  public static ObjectNode of(ScenarioReport report) {
    ObjectNode json = JsonNodeFactory.instance.objectNode();
    json.put("side", report.side()).put("file", report.file()).put("ok", report.ok());
    ArrayNode steps = json.putArray("steps");
    report
        .calls()
        .forEach(call ->
            steps.addObject().put("line", call.line()).put("outcome", call.outcome().word()));
    ArrayNode failures = json.putArray("failures");
    report
        .failures()
        .forEach(failure ->
            failures
                .addObject()
                .put("line", failure.line())
                .put("expected", failure.expected())
                .put("got", failure.got()));
    ArrayNode snapshots = json.putArray("snapshots");
    report.snapshots().forEach(noted -> snapshots.add(of(noted)));
    return json;
  }

  private static ObjectNode of(NotedSnapshot noted) {
    ObjectNode json = JsonNodeFactory.instance.objectNode();
    json.put("line", noted.line()).put("label", noted.label());
    addAll(json, noted.snapshot());
    return json;
  }

  /** A snapshot alone. */
  public static ObjectNode of(Snapshot snapshot) {
    ObjectNode json = JsonNodeFactory.instance.objectNode();
    addAll(json, snapshot);
    return json;
  }

  private static void addAll(ObjectNode json, Snapshot snapshot) {
    ObjectNode processes = json.putObject("processes");
    snapshot.processes().forEach((name, process) -> processes.set(name, of(process)));
    ObjectNode counters = json.putObject("counters");
    snapshot.counters().forEach(counters::put);
  }

  private static ObjectNode of(ProcessView process) {
    ObjectNode json = JsonNodeFactory.instance.objectNode();
    ArrayNode areas = json.putArray("vmas");
    process.areas().forEach(area -> areas.add(of(area)));
    ArrayNode pages = json.putArray("pages");
    process.pages().forEach(page -> pages.add(of(page)));
    return json;
  }

  private static ObjectNode of(AreaView area) {
    ObjectNode json = JsonNodeFactory.instance.objectNode();
    json.put("region", area.region())
        .put("start", area.startBytes())
        .put("end", area.endBytes())
        .put("perms", area.permissions());
    ObjectNode smaps = json.putObject("smaps");
    area.smaps().forEach((field, value) -> smaps.put(field.kernelName(), value));
    ArrayNode flags = json.putArray("flags");
    area.flags().forEach(flags::add);
    return json;
  }

  private static ObjectNode of(PageView page) {
    boolean present = page.present();
    return JsonNodeFactory.instance
        .objectNode()
        .put("region", page.region())
        .put("page", page.page())
        .put("present", present)
        .put("swapped", page.swapped())
        .put("exclusive", page.exclusive())
        .put("guard", page.guard())
        .put("file", page.file())
        .put("mapcount", page.mapCount())
        .put("folio", present ? Integer.valueOf(page.folio()) : null)
        .put("index", present ? Integer.valueOf(page.index()) : null)
        .put("order", present ? Integer.valueOf(page.order()) : null)
        .put("pmd", page.pmd())
        .put("zero", page.zero())
        .put("ksm", page.ksm())
        .put("value", unsigned(page.value()));
  }

  private static @Nullable BigInteger unsigned(@Nullable Long value) {
    if (value == null) {
      return null;
    }
    return value >= 0 ? BigInteger.valueOf(value) : new BigInteger(Long.toUnsignedString(value));
  }
}
