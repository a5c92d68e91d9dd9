package dev.elephantfolio.conformance;

/**
 * What a campaign is to run.
 *
 * @param programs how many; program i is that of seed {@code seed + i}
 * @param calls how many calls each makes
 * @param every after how many calls the whole state is compared
 * @param withSplits whether programs split folios to an order, which both sides must be able to
 * @param findingsMax how many differences are hunted down to a small program, one of a kind
 */
public record CampaignPlan(
    int programs, int calls, long seed, int every, boolean withSplits, int findingsMax) {
  public static final int USUAL_PROGRAMS = 100;
  public static final int USUAL_CALLS = 200;
  public static final int USUAL_EVERY = 20;
  public static final int USUAL_FINDINGS = 8;

  /** The usual one from that seed. */
  public static CampaignPlan from(long seed) {
    return new CampaignPlan(USUAL_PROGRAMS, USUAL_CALLS, seed, USUAL_EVERY, false, USUAL_FINDINGS);
  }

  public CampaignPlan withPrograms(int count) {
    return new CampaignPlan(count, calls, seed, every, withSplits, findingsMax);
  }

  public CampaignPlan withCalls(int count) {
    return new CampaignPlan(programs, count, seed, every, withSplits, findingsMax);
  }

  public CampaignPlan withEvery(int callCount) {
    return new CampaignPlan(programs, calls, seed, callCount, withSplits, findingsMax);
  }

  public CampaignPlan splitting(boolean splits) {
    return new CampaignPlan(programs, calls, seed, every, splits, findingsMax);
  }

  public CampaignPlan withFindings(int most) {
    return new CampaignPlan(programs, calls, seed, every, withSplits, most);
  }
}
