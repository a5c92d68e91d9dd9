package dev.elephantfolio.lab.replay;

import com.fasterxml.jackson.databind.node.ArrayNode;
import com.fasterxml.jackson.databind.node.JsonNodeFactory;
import com.fasterxml.jackson.databind.node.ObjectNode;
import dev.elephantfolio.engine.stat.VmEvent;
import java.util.Map;

/** A replay's report as JSON, in the form that {@code docs/json.md} describes. */
public final class ReplayJson {
  private static final double NANOS_PER_SECOND = 1e9;

  private ReplayJson() {}

  /** The whole report. */
  public static ObjectNode of(ReplayReport report) {
    ObjectNode json = JsonNodeFactory.instance.objectNode();
    json.set("recording", recording(report));
    addAll(json, report);
    return json;
  }

  /** What the settings made of the recording, without what is the same under all of them. */
  public static void addAll(ObjectNode json, ReplayReport report) {
    ObjectNode settings = json.putObject("settings");
    report.options().settings().forEach(settings::put);
    json.putObject("machine")
        .put("memoryBytes", report.options().memoryBytes())
        .put("cpus", report.options().cpus());
    ArrayNode processes = json.putArray("processes");
    report.processes().forEach(process -> processes.add(process(process)));
    json.set("total", total(report.total()));
    json.set("faults", faults(report.faults()));
    json.putObject("copyOnWrite").put("copiedBytes", report.copiedBytes());
    json.putObject("splits")
        .put("pmds", report.count(VmEvent.THP_SPLIT_PMD))
        .put("folios", report.count(VmEvent.THP_SPLIT_PAGE));
    json.putObject("collapses")
        .put("allocated", report.count(VmEvent.THP_COLLAPSE_ALLOC))
        .put("khugepaged", report.pagesCollapsed());
    json.set("vmstat", numbers(report.vmstat()));
    ObjectNode sizes = json.putObject("sizes");
    report.sizes().forEach((size, stats) -> sizes.set(size, numbers(stats)));
    json.set("counts", counts(report.counts()));
  }

  /** What was replayed. */
  public static ObjectNode recording(ReplayReport report) {
    RecordingSummary recording = report.recording();
    ObjectNode json = JsonNodeFactory.instance.objectNode();
    json.put("file", recording.file())
        .put("command", recording.command())
        .put("kernel", recording.kernelRelease())
        .put("durationSeconds", recording.durationNanos() / NANOS_PER_SECOND)
        .put("events", report.counts().events())
        .put("lostEvents", report.counts().lostEvents());
    recording.damage().ifPresent(damage -> json.put("damage", damage));
    return json;
  }

  private static ObjectNode process(ProcessReport process) {
    ObjectNode json = JsonNodeFactory.instance.objectNode();
    json.put("pid", process.pid()).put("comm", process.comm());
    ArrayNode comms = json.putArray("comms");
    process.comms().forEach(comms::add);
    json.put("startSeconds", process.startNanos() / NANOS_PER_SECOND)
        .put("endSeconds", process.endNanos() / NANOS_PER_SECOND)
        .put("outlives", process.outlives());
    json.set(
        "peak",
        figures(process.peak())
            .put("bloatBytes", process.peakBloatBytes())
            .put("pageTableBytes", process.peakPageTableBytes()));
    json.set("final", figures(process.last()).put("bloatBytes", process.bloatBytes()));
    json.set("exact", exact(process.exactPeak(), process.exactLast()));
    return json.put("faults", process.faults());
  }

  private static ObjectNode exact(MemoryFigures peak, MemoryFigures last) {
    ObjectNode json = JsonNodeFactory.instance.objectNode();
    json.set("peak", figures(peak));
    json.set("final", figures(last));
    return json;
  }

  private static ObjectNode figures(MemoryFigures figures) {
    return JsonNodeFactory.instance
        .objectNode()
        .put("rssBytes", figures.rssBytes())
        .put("anonymousBytes", figures.anonymousBytes())
        .put("anonHugePagesBytes", figures.anonHugePagesBytes());
  }

  private static ObjectNode total(ReplayTotal total) {
    ObjectNode json = JsonNodeFactory.instance.objectNode();
    json.set(
        "peak",
        figures(total.peak())
            .put("usedBytes", total.peakUsedBytes())
            .put("bloatBytes", total.peakBloatBytes())
            .put("pageTableBytes", total.peakPageTableBytes())
            .put("deferredSplitFolios", total.peakDeferredFolios()));
    json.set(
        "final",
        figures(total.last())
            .put("usedBytes", total.usedBytes())
            .put("bloatBytes", total.untouchedBytes())
            .put("deferredSplitFolios", total.deferredFolios()));
    json.set("exact", exact(total.exactPeak(), total.exactLast()));
    json.putObject("hugeCoverage")
        .put("atPeak", total.hugeCoverageAtPeak())
        .put("mean", total.meanHugeCoverage());
    json.putObject("largeFolioCoverage").put("atPeak", total.largeCoverageAtPeak());
    return json;
  }

  private static ObjectNode faults(FaultKinds faults) {
    ObjectNode json = JsonNodeFactory.instance.objectNode();
    json.put("all", faults.all()).put("hugePages", faults.hugePages());
    ObjectNode folios = json.putObject("largeFolios");
    faults.largeFolios().forEach((kib, count) -> folios.put(kib + "kB", count));
    return json.put("smallPages", faults.smallPages())
        .put("zeroPages", faults.zeroPages())
        .put("hugeZeroPages", faults.hugeZeroPages())
        .put("filePages", faults.filePages())
        .put("fileCopies", faults.fileCopies())
        .put("copies", faults.copies())
        .put("reuses", faults.reuses());
  }

  private static ObjectNode numbers(Map<String, Long> numbers) {
    ObjectNode json = JsonNodeFactory.instance.objectNode();
    numbers.forEach(json::put);
    return json;
  }

  private static ObjectNode counts(ReplayCounts counts) {
    ObjectNode json = JsonNodeFactory.instance.objectNode();
    json.put("events", counts.events())
        .put("touches", counts.touches())
        .put("refusedTouches", counts.refusedTouches())
        .put("calls", counts.calls())
        .put("failedCalls", counts.failedCalls())
        .put("refusedCalls", counts.refusedCalls())
        .put("otherCalls", counts.otherCalls())
        .put("adoptedProcesses", counts.adoptedProcesses())
        .put("strayEvents", counts.strayEvents())
        .put("lostEvents", counts.lostEvents())
        .put("inferredTouches", counts.inferredTouches())
        .put("syntheticTouches", counts.syntheticTouches());
    ArrayNode refusals = json.putArray("refusals");
    for (ReplayCounts.Refusal refusal : counts.refusals()) {
      refusals
          .addObject()
          .put("call", refusal.call())
          .put("errno", refusal.errno())
          .put("count", refusal.count())
          .put("firstSeconds", refusal.firstNanos() / NANOS_PER_SECOND)
          .put("firstPid", refusal.firstPid());
    }
    return json;
  }
}
