package dev.elephantfolio.conformance;

import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertTrue;

import dev.elephantfolio.conformance.report.Finding;
import dev.elephantfolio.conformance.report.FindingText;
import dev.elephantfolio.conformance.run.EngineSource;
import dev.elephantfolio.conformance.run.LiveSource;
import dev.elephantfolio.conformance.run.PairRun;
import java.util.SplittableRandom;
import java.util.concurrent.TimeUnit;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.Timeout;

/** Random programs of fresh seeds: the engine must do what this machine's kernel does. */
final class LiveProgramsTest {
  private static final long SEED =
      Long.getLong("efolio.seed", new SplittableRandom().nextLong(1L << 40));

  /** How long new programs are begun. */
  private static final long SECONDS = Long.getLong("efolio.conformSeconds", 110);

  @Test
  @Timeout(value = 20, unit = TimeUnit.MINUTES)
  void kernelAndEngineAgree() {
    System.out.println("seed " + SEED + " (replay: ./efolio conform --seed " + SEED + ")");
    try (LiveSource live = LiveKernel.source();
        PairRun pair = new PairRun(new EngineSource(), live, true)) {
      CampaignPlan plan =
          CampaignPlan.from(SEED)
              .withPrograms(Integer.MAX_VALUE)
              .splitting(live.splitsToAnyOrder())
              .withFindings(1);
      CampaignReport report = new Campaign(pair, plan, new UntilTimeIsUp()).run();
      System.out.print(CampaignText.of(report));
      assertEquals(0, report.differences(), () -> told(report));
      assertTrue(report.programs() > 0);
    }
  }

  private static String told(CampaignReport report) {
    StringBuilder text = new StringBuilder("seed " + SEED + ": " + report.kinds());
    for (Finding finding : report.findings()) {
      text.append('\n').append(FindingText.of(finding));
    }
    return text.toString();
  }

  /** Ends with the first finding, or when the time is up. */
  private static final class UntilTimeIsUp implements Campaign.Progress {
    private final long endNanos = System.nanoTime() + TimeUnit.SECONDS.toNanos(SECONDS);
    private boolean found;

    @Override
    public void at(int programs, int differences) {}

    @Override
    public void found(Finding finding) {
      found = true;
    }

    @Override
    public boolean goesOn() {
      return !found && System.nanoTime() - endNanos < 0;
    }
  }
}
