package dev.elephantfolio.conformance;

import com.fasterxml.jackson.databind.node.JsonNodeFactory;
import com.fasterxml.jackson.databind.node.ObjectNode;
import dev.elephantfolio.conformance.report.Finding;
import dev.elephantfolio.conformance.report.FindingText;
import dev.elephantfolio.conformance.run.Times;
import java.util.Map;

/** A campaign's report as JSON; {@code docs/json.md} describes it. */
public final class CampaignJson {
  private static final double NANOS_A_SECOND = 1e9;

  private CampaignJson() {}

  public static ObjectNode of(CampaignReport report) {
    ObjectNode json = JsonNodeFactory.instance.objectNode();
    json.put("programs", report.programs());
    json.put("calls", report.calls());
    json.put("pagesCompared", report.pages());
    json.put("differences", report.differences());
    json.put("unconfirmed", report.unconfirmedCount());
    json.put("seed", report.plan().seed());
    json.put("opsPerProgram", report.plan().calls());
    json.put("every", report.plan().every());
    json.put("seconds", seconds(report.nanos()));
    json.put("programsPerSecond", rounded(report.programsPerSecond()));
    json.put("huntingSeconds", seconds(report.huntingNanos()));
    times(json.putObject("time"), report.times());
    counts(json.putObject("kinds"), report.kinds());
    counts(json.putObject("unconfirmedKinds"), report.unconfirmed());
    report.findings().forEach(finding -> finding(json.withArray("findings").addObject(), finding));
    return json;
  }

  private static void times(ObjectNode json, Times times) {
    json.put("engine", seconds(times.engine()));
    json.put("engineLooking", seconds(times.engineLooking()));
    json.put("live", seconds(times.live()));
    json.put("liveLooking", seconds(times.liveLooking()));
    json.put("comparison", seconds(times.comparison()));
  }

  private static void counts(ObjectNode json, Map<String, Integer> kinds) {
    kinds.forEach(json::put);
  }

  private static void finding(ObjectNode json, Finding finding) {
    json.put("kind", finding.difference().kind());
    json.put("where", finding.difference().where());
    json.put("engine", finding.difference().engine());
    json.put("live", finding.difference().live());
    json.put("seed", finding.seed());
    json.put("program", FindingText.of(finding));
  }

  private static double seconds(long nanos) {
    return rounded(nanos / NANOS_A_SECOND);
  }

  private static double rounded(double value) {
    return Math.round(value * 1000) / 1000.0;
  }
}
