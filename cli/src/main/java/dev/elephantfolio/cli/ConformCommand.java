package dev.elephantfolio.cli;

import dev.elephantfolio.conformance.Campaign;
import dev.elephantfolio.conformance.CampaignJson;
import dev.elephantfolio.conformance.CampaignPlan;
import dev.elephantfolio.conformance.CampaignReport;
import dev.elephantfolio.conformance.CampaignText;
import dev.elephantfolio.conformance.report.Finding;
import dev.elephantfolio.conformance.report.FindingText;
import dev.elephantfolio.conformance.run.EngineSource;
import dev.elephantfolio.conformance.run.LiveSource;
import dev.elephantfolio.conformance.run.PairRun;
import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.Optional;
import java.util.SplittableRandom;
import org.jspecify.annotations.Nullable;
import picocli.CommandLine.Command;
import picocli.CommandLine.Option;

/** {@code efolio conform}: random programs on the live kernel and on the engine, compared. */
@Command(
    name = "conform",
    description = {
      "Run random programs of memory calls on the live kernel and on the engine, and compare what"
          + " came of them: every call's outcome, and the whole state again and again.",
      "A difference that comes again is shrunk to the smallest program that shows it, and printed"
          + " as a scenario. It needs root, and cc to compile a small program on first use;"
          + " settings that are changed are put back whatever happens."
    },
    footer = {
      "",
      "Program i of seed S is that of seed S+i alone. docs/fidelity.md tells what is compared.",
      "",
      "Examples:",
      "  efolio conform --programs 1000",
      "  efolio conform --seed 4711 --programs 1 --every 1",
    })
final class ConformCommand extends FolioCommand {
  private static final long SEED_BOUND = 1L << 40;

  @Option(
      names = "--programs",
      paramLabel = "N",
      description = "How many programs. Default: ${DEFAULT-VALUE}.")
  int programs = CampaignPlan.USUAL_PROGRAMS;

  @Option(
      names = "--ops",
      paramLabel = "N",
      description = "How many calls each makes. Default: ${DEFAULT-VALUE}.")
  int ops = CampaignPlan.USUAL_CALLS;

  @Option(
      names = "--seed",
      paramLabel = "S",
      description = "The first program's seed. Default: another one each time.")
  @Nullable Long seed;

  @Option(
      names = "--every",
      paramLabel = "N",
      description =
          "Compare the whole state after that many calls, and at the end. Default:"
              + " ${DEFAULT-VALUE}.")
  int every = CampaignPlan.USUAL_EVERY;

  @Option(
      names = "--out",
      paramLabel = "DIR",
      description = "Also write each shrunk program there, as a scenario file.")
  @Nullable Path out;

  @Option(names = "--json", description = "Report as JSON; docs/json.md describes it.")
  boolean json;

  @Override
  public Integer call() throws IOException {
    check("--programs", programs);
    check("--ops", ops);
    check("--every", every);
    CampaignReport report = run();
    for (Finding finding : report.findings()) {
      show(finding);
    }
    if (json) {
      printJson(CampaignJson.of(report));
    } else {
      out().print(CampaignText.of(report));
    }
    return report.differences() == 0 ? ExitCode.DONE : ExitCode.NO;
  }

  private static void check(String option, int value) {
    if (value < 1) {
      throw new BadInputException(option + " " + value + ": it takes at least 1");
    }
  }

  private CampaignReport run() {
    long first =
        Optional.ofNullable(seed).orElseGet(() -> new SplittableRandom().nextLong(SEED_BOUND));
    try (LiveSource live = LiveSource.open(this::say);
        PairRun pair = new PairRun(new EngineSource(), live, true)) {
      CampaignPlan plan =
          CampaignPlan.from(first)
              .withPrograms(programs)
              .withCalls(ops)
              .withEvery(every)
              .splitting(live.splitsToAnyOrder());
      say("seed " + first);
      return watched(pair, plan);
    }
  }

  private CampaignReport watched(PairRun pair, CampaignPlan plan) {
    long begun = System.nanoTime();
    Pace pace = new Pace(begun, plan.programs());
    try (ProgressLine line = progress("comparing", pace::text)) {
      return new Campaign(pair, plan, new Watch(pace, line)).run();
    }
  }

  private void show(Finding finding) throws IOException {
    String text = FindingText.of(finding);
    if (!json) {
      out().println(text);
    }
    Path directory = out;
    if (directory != null) {
      Files.createDirectories(directory);
      Files.writeString(directory.resolve("seed-" + finding.seed() + ".efs"), text);
    }
  }

  /** How far, how fast and with how many differences. Used by one thread. */
  private static final class Pace {
    private final long begunNanos;
    private final int programs;
    private int differences;

    Pace(long begunNanos, int programs) {
      this.begunNanos = begunNanos;
      this.programs = programs;
    }

    String text(long done) {
      double seconds = (System.nanoTime() - begunNanos) / 1e9;
      return "%d of %d programs, %.1f a second, %d differ"
          .formatted(done, programs, done / seconds, differences);
    }
  }

  private record Watch(Pace pace, ProgressLine line) implements Campaign.Progress {
    @Override
    public void at(int programs, int differences) {
      pace.differences = differences;
      line.at(programs, 0);
    }

    @Override
    public void found(Finding finding) {
      // Shown with the report: what is printed meanwhile would break the line.
    }
  }
}
