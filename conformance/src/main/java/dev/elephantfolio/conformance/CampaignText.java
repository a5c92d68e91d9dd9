package dev.elephantfolio.conformance;

import dev.elephantfolio.conformance.run.Times;
import dev.elephantfolio.lab.Amounts;
import java.util.Locale;
import java.util.Map;

/** A campaign's report for people. */
public final class CampaignText {
  private CampaignText() {}

  public static String of(CampaignReport report) {
    StringBuilder text = new StringBuilder();
    line(text, "programs", Amounts.count(report.programs()) + " (seeds " + seeds(report) + ")");
    line(text, "calls", Amounts.count(report.calls()));
    line(text, "pages compared", Amounts.count(report.pages()));
    line(text, "differences", Integer.toString(report.differences()));
    kinds(text, report.kinds());
    line(text, "unconfirmed", Integer.toString(report.unconfirmedCount()));
    kinds(text, report.unconfirmed());
    line(text, "time", Amounts.seconds(report.nanos()) + ", " + rate(report) + " programs/s");
    line(text, "where it went", times(report.times()));
    if (report.huntingNanos() > 0) {
      line(text, "hunting", Amounts.seconds(report.huntingNanos()));
    }
    return text.toString();
  }

  private static String seeds(CampaignReport report) {
    long first = report.plan().seed();
    return first + " to " + (first + report.programs() - 1);
  }

  private static String rate(CampaignReport report) {
    return String.format(Locale.ROOT, "%.1f", report.programsPerSecond());
  }

  private static String times(Times times) {
    return "kernel "
        + withLooking(times.live(), times.liveLooking())
        + "; beside it engine "
        + withLooking(times.engine(), times.engineLooking())
        + " and comparison "
        + Amounts.seconds(times.comparison());
  }

  private static String withLooking(long all, long looking) {
    return Amounts.seconds(all) + " (" + Amounts.seconds(looking) + " of it to read the state)";
  }

  private static void kinds(StringBuilder text, Map<String, Integer> kinds) {
    kinds.forEach(
        (kind, count) -> text.append(String.format(Locale.ROOT, "  %6d  %s%n", count, kind)));
  }

  private static void line(StringBuilder text, String what, String value) {
    text.append(String.format(Locale.ROOT, "%-15s %s%n", what, value));
  }
}
