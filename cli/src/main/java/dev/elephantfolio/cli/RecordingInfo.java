package dev.elephantfolio.cli;

import com.fasterxml.jackson.databind.node.ArrayNode;
import com.fasterxml.jackson.databind.node.JsonNodeFactory;
import com.fasterxml.jackson.databind.node.ObjectNode;
import dev.elephantfolio.lab.Amounts;
import dev.elephantfolio.trace.ProcessSummary;
import dev.elephantfolio.trace.RecordingHeader;
import dev.elephantfolio.trace.RecordingSummary;
import dev.elephantfolio.trace.RecordingTotals;
import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;

/** What a recording holds, as {@code efolio trace info} shows it. */
final class RecordingInfo {
  private static final double NANOS_PER_SECOND = 1e9;

  private RecordingInfo() {}

  /** For people to read. */
  static void print(Path file, RecordingSummary summary, Appendable out) throws IOException {
    out.append("recording        %s, %s\n".formatted(file, Amounts.bytes(Files.size(file))));
    summary.print(out);
  }

  /** In the form that {@code docs/command-line.md} describes. */
  static ObjectNode json(Path file, RecordingSummary summary) throws IOException {
    ObjectNode json = JsonNodeFactory.instance.objectNode();
    json.put("file", file.toString()).put("sizeBytes", Files.size(file));
    putHeader(json, summary.header());
    putTotals(json, summary.totals());
    summary.damage().ifPresent(damage -> json.put("damage", damage));
    ArrayNode processes = json.putArray("processes");
    summary.processes().forEach(process -> processes.add(json(process)));
    return json;
  }

  private static void putHeader(ObjectNode json, RecordingHeader header) {
    json.put("formatVersion", header.formatVersion())
        .put("pageSizeBytes", header.pageSizeBytes())
        .put("command", header.command())
        .put("kernel", header.kernelRelease())
        .put("cpus", header.cpuCount())
        .put("tool", header.tool());
    ObjectNode settings = json.putObject("settings");
    header.settings().forEach(settings::put);
  }

  private static void putTotals(ObjectNode json, RecordingTotals totals) {
    json.put("durationSeconds", totals.durationNanos() / NANOS_PER_SECOND)
        .put("events", totals.events())
        .put("lostEvents", totals.lostEvents())
        .put("inferredTouches", totals.inferredTouches())
        .put("syntheticTouches", totals.syntheticTouches());
    ObjectNode kinds = json.putObject("eventsByKind");
    totals.eventsByKind().forEach((kind, count) -> kinds.put(kind.name(), count));
  }

  private static ObjectNode json(ProcessSummary process) {
    return JsonNodeFactory.instance
        .objectNode()
        .put("pid", process.pid())
        .put("comm", process.comm())
        .put("startSeconds", process.startNanos() / NANOS_PER_SECOND)
        .put("endSeconds", process.endNanos() / NANOS_PER_SECOND)
        .put("ended", process.ended())
        .put("threads", process.threads())
        .put("touches", process.touches())
        .put("inferredTouches", process.inferredTouches())
        .put("distinctPages", process.distinctPages())
        .put("mmapBytes", process.mmapBytes());
  }
}
