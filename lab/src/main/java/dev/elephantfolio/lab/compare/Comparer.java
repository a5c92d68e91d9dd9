package dev.elephantfolio.lab.compare;

import dev.elephantfolio.lab.compare.Comparison.Outcome;
import dev.elephantfolio.lab.policy.Policy;
import dev.elephantfolio.lab.replay.Replay;
import dev.elephantfolio.lab.replay.ReplayObserver;
import dev.elephantfolio.lab.replay.ReplayOptions;
import dev.elephantfolio.trace.RecordingReader;
import java.io.IOException;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.List;
import java.util.concurrent.Callable;
import java.util.concurrent.ExecutionException;
import java.util.concurrent.ExecutorService;
import java.util.concurrent.Executors;
import java.util.concurrent.Future;
import java.util.concurrent.atomic.AtomicLong;
import java.util.function.LongConsumer;

/** Replays a recording under several policies, as many at a time as there are processors. */
public final class Comparer {
  private final Path recording;
  private final RecordingReader.Mode mode;
  private final ReplayOptions options;

  /**
   * @param mode what to do about a damaged recording
   * @param options the machine; its settings hold under every policy, unless that says otherwise
   */
  public Comparer(Path recording, RecordingReader.Mode mode, ReplayOptions options) {
    this.recording = recording;
    this.mode = mode;
    this.options = options;
  }

  /**
   * Replays under each policy.
   *
   * @param progress is told, from any thread, how many events were replayed so far in all replays
   *     together
   * @throws dev.elephantfolio.trace.RecordingException when the recording cannot be read
   * @throws dev.elephantfolio.engine.SettingException for an unknown setting or value
   */
  public Comparison compare(List<Policy> policies, LongConsumer progress) throws IOException {
    AtomicLong events = new AtomicLong();
    List<Callable<Outcome>> replays = new ArrayList<>();
    for (Policy policy : policies) {
      replays.add(() -> replay(policy, new SharedProgress(events, progress)));
    }
    int threads = Math.min(policies.size(), Runtime.getRuntime().availableProcessors());
    try (ExecutorService executor = Executors.newFixedThreadPool(Math.max(1, threads))) {
      return new Comparison(outcomes(executor, replays));
    }
  }

  private Outcome replay(Policy policy, ReplayObserver observer) throws IOException {
    Policy whole = new Policy(policy.name(), options.settings()).and(policy.settings());
    ReplayOptions on = new ReplayOptions(whole.settings(), options.memoryBytes(), options.cpus());
    return new Outcome(whole, Replay.run(recording, mode, on, observer));
  }

  private static List<Outcome> outcomes(ExecutorService executor, List<Callable<Outcome>> replays)
      throws IOException {
    List<Future<Outcome>> futures = replays.stream().map(executor::submit).toList();
    List<Outcome> outcomes = new ArrayList<>();
    try {
      for (Future<Outcome> future : futures) {
        outcomes.add(future.get());
      }
      return outcomes;
    } catch (InterruptedException e) {
      Thread.currentThread().interrupt();
      throw new IOException("interrupted", e);
    } catch (ExecutionException e) {
      throw rethrown(e);
    } finally {
      executor.shutdownNow();
    }
  }

  private static IOException rethrown(ExecutionException failure) {
    return switch (failure.getCause()) {
      case IOException e -> e;
      case RuntimeException e -> throw e;
      case Error e -> throw e;
      case null, default -> new IOException(failure);
    };
  }

  /** Adds the progress of one replay to that of all. */
  private static final class SharedProgress implements ReplayObserver {
    private final AtomicLong all;
    private final LongConsumer told;
    private long own;

    SharedProgress(AtomicLong all, LongConsumer told) {
      this.all = all;
      this.told = told;
    }

    @Override
    public void progress(long events) {
      told.accept(all.addAndGet(events - own));
      own = events;
    }
  }
}
