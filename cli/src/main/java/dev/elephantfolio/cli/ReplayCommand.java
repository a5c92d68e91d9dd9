package dev.elephantfolio.cli;

import dev.elephantfolio.lab.Amounts;
import dev.elephantfolio.lab.replay.MemoryFigures;
import dev.elephantfolio.lab.replay.Replay;
import dev.elephantfolio.lab.replay.ReplayJson;
import dev.elephantfolio.lab.replay.ReplayObserver;
import dev.elephantfolio.lab.replay.ReplayOptions;
import dev.elephantfolio.lab.replay.ReplayReport;
import dev.elephantfolio.lab.replay.ReplayText;
import dev.elephantfolio.lab.replay.Timeline;
import java.io.IOException;
import java.io.UncheckedIOException;
import java.nio.file.Path;
import java.util.Objects;
import java.util.Optional;
import picocli.CommandLine.Command;
import picocli.CommandLine.Mixin;
import picocli.CommandLine.Option;

/** {@code efolio replay}: one recording, one set of settings. */
@Command(
    name = "replay",
    description = "Replay a recording under given settings and report what comes of it.",
    footer = {
      "",
      "Example:",
      "  efolio replay examples/redis.eft --set transparent_hugepage/enabled=always",
    })
final class ReplayCommand extends FolioCommand {
  @Mixin RecordingOption recording = new RecordingOption();
  @Mixin SettingsOption settings = new SettingsOption();
  @Mixin GenerationOption generation = new GenerationOption();

  @Option(names = "--json", description = "Report as JSON; docs/json.md describes it.")
  boolean json;

  @Option(
      names = "--timeline",
      paramLabel = "OUT.csv",
      description = "Write what each process has every 0.1 s.")
  Optional<Path> timeline = Optional.empty();

  @Override
  public Integer call() throws IOException {
    generation.require();
    ReplayOptions options = ReplayOptions.with(settings.ofEngine());
    ReplayReport report =
        timeline.isPresent() ? replay(options, new OutputPlace(timeline.get())) : replay(options);
    if (json) {
      printJson(ReplayJson.of(report));
      report.recording().damage().ifPresent(this::say);
    } else {
      out().print(ReplayText.of(report));
    }
    return ExitCode.DONE;
  }

  private ReplayReport replay(ReplayOptions options, OutputPlace place) throws IOException {
    place.check(recording.file);
    try (PendingText file = place.open()) {
      ReplayReport report = replay(options, new Timeline(file.writer()));
      file.commit();
      return report;
    } catch (UncheckedIOException e) {
      throw place.cannotWrite(Objects.requireNonNull(e.getCause()));
    }
  }

  private ReplayReport replay(ReplayOptions options) throws IOException {
    return replay(options, ReplayObserver.NONE);
  }

  private ReplayReport replay(ReplayOptions options, ReplayObserver samples) throws IOException {
    long total = recording.eventCount();
    try (ProgressLine progress = progress("replaying", n -> Amounts.count(n) + " events")) {
      ReplayReport report =
          Replay.run(
              recording.file, recording.mode(), options, new Watch(samples, progress, total));
      requireEvents(report);
      return report;
    }
  }

  /** Hands samples on, and shows how far the replay is. */
  private record Watch(ReplayObserver samples, ProgressLine progress, long total)
      implements ReplayObserver {
    @Override
    public void sample(long timeNanos, int pid, MemoryFigures figures) {
      samples.sample(timeNanos, pid, figures);
    }

    @Override
    public void progress(long events) {
      progress.at(events, total);
    }
  }
}
