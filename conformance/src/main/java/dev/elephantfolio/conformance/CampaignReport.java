package dev.elephantfolio.conformance;

import dev.elephantfolio.conformance.report.Finding;
import dev.elephantfolio.conformance.run.Times;
import java.util.Collections;
import java.util.List;
import java.util.SortedMap;
import java.util.TreeMap;

/**
 * What came of a campaign.
 *
 * @param programs how many were run to their end, or to the first moment that differed
 * @param calls how many calls they made
 * @param pages how many pages were compared, each as often as it was
 * @param kinds how many programs differed, by the kind of the first difference
 * @param unconfirmed kinds of differences that did not come again when the program ran once more
 * @param findings one of each kind that was hunted down
 * @param nanos from the first program to the end of the last, hunting left out
 * @param huntingNanos what hunting took
 */
public record CampaignReport(
    CampaignPlan plan,
    int programs,
    long calls,
    long pages,
    SortedMap<String, Integer> kinds,
    SortedMap<String, Integer> unconfirmed,
    List<Finding> findings,
    Times times,
    long nanos,
    long huntingNanos) {
  public CampaignReport {
    kinds = Collections.unmodifiableSortedMap(new TreeMap<>(kinds));
    unconfirmed = Collections.unmodifiableSortedMap(new TreeMap<>(unconfirmed));
    findings = List.copyOf(findings);
  }

  /** How many programs differed. */
  public int differences() {
    return kinds.values().stream().mapToInt(Integer::intValue).sum();
  }

  /** How many programs differed once and did not differ so again. */
  public int unconfirmedCount() {
    return unconfirmed.values().stream().mapToInt(Integer::intValue).sum();
  }

  public double programsPerSecond() {
    return nanos == 0 ? 0 : programs * 1e9 / nanos;
  }
}
