package dev.elephantfolio.lab.bench;

import dev.elephantfolio.lab.LabException;
import dev.elephantfolio.linux.LinuxException;
import java.io.IOException;
import java.util.ArrayList;
import java.util.List;
import java.util.Optional;
import java.util.function.Consumer;

/**
 * Measures workloads one after the other, each in several rounds; rounds of the engine and of the
 * live kernel take turns, so that what disturbs the machine disturbs both. Used by one thread, with
 * nothing else in the JVM that uses much heap.
 */
public final class Bench {
  private final BenchOptions options;
  private final BenchObserver observer;
  private final Consumer<String> say;

  /**
   * @param say is told in one line when kernel settings that a killed run had changed were put back
   */
  public Bench(BenchOptions options, BenchObserver observer, Consumer<String> say) {
    this.options = options;
    this.observer = observer;
    this.say = say;
  }

  /**
   * Measures all.
   *
   * @throws IOException when a recording cannot be written to the directory for temporary files
   */
  public BenchReport run() throws IOException {
    List<BenchResult> results = new ArrayList<>();
    for (Workload workload : options.workloads()) {
      observer.progress(results.size(), options.workloads().size());
      results.add(measure(workload));
    }
    observer.progress(results.size(), results.size());
    return BenchReport.of(options, results);
  }

  private BenchResult measure(Workload workload) throws IOException {
    return switch (workload.kind()) {
      case ENGINE -> engine(workload);
      case RECORDING -> recording(workload);
      case MEMORY, LARGE_MEMORY -> MemoryFill.measure(workload, options.machineBytes());
    };
  }

  private BenchResult recording(Workload workload) throws IOException {
    try (Run run = RecordingRun.of(workload, options.sampleLines())) {
      warmUp(run);
      List<Double> rates = new ArrayList<>();
      for (int i = 0; i < options.rounds(); i++) {
        rates.add(Round.measure(run, options));
      }
      return new BenchResult.Speed(workload, Spread.of(rates), Optional.empty());
    }
  }

  private BenchResult engine(Workload workload) throws IOException {
    try (Run run = EngineRun.of(workload, options.arenaBytes())) {
      warmUp(run);
      LiveSide live = new LiveSide(workload);
      List<Double> rates = new ArrayList<>();
      for (int i = 0; i < options.rounds(); i++) {
        double rate = Round.measure(run, options);
        rates.add(rate);
        live.round(rate);
      }
      return new BenchResult.Speed(workload, Spread.of(rates), live.result());
    }
  }

  private void warmUp(Run run) throws IOException {
    for (int i = 0; i < options.warmUpRounds(); i++) {
      double _ = Round.measure(run, options);
    }
  }

  /** The live kernel's rounds of one workload, up to the first that fails. */
  private final class LiveSide {
    private final Workload workload;
    private final List<Double> rates = new ArrayList<>();
    private final List<Double> ratios = new ArrayList<>();
    private Optional<String> missing = Optional.empty();

    LiveSide(Workload workload) {
      this.workload = workload;
    }

    void round(double ourRate) {
      if (!options.live() || missing.isPresent()) {
        return;
      }
      try {
        LiveProgram program = LiveProgram.in(options.cache());
        double rate = new LiveKernel(program, options, say).round(workload);
        rates.add(rate);
        ratios.add(ourRate / rate);
      } catch (LabException | LinuxException e) {
        missing = Optional.of(String.valueOf(e.getMessage()));
      }
    }

    Optional<BenchResult.Live> result() {
      if (!options.live()) {
        return Optional.empty();
      }
      if (missing.isPresent()) {
        return missing.map(BenchResult.LiveMissing::new);
      }
      return Optional.of(new BenchResult.LiveSpeed(Spread.of(rates), Spread.of(ratios)));
    }
  }
}
