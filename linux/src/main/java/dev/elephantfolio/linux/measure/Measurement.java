package dev.elephantfolio.linux.measure;

import dev.elephantfolio.linux.LinuxException;
import dev.elephantfolio.linux.command.Command;
import dev.elephantfolio.linux.command.SignalRelay;
import dev.elephantfolio.linux.command.Trait;
import dev.elephantfolio.linux.proc.ProcFs;
import dev.elephantfolio.linux.proc.VmStat;
import dev.elephantfolio.linux.settings.KernelSettings;
import dev.elephantfolio.linux.settings.Setting;
import dev.elephantfolio.linux.settings.SettingsGuard;
import java.io.IOException;
import java.nio.file.Path;
import java.time.Duration;
import java.util.List;
import java.util.Map;
import java.util.Set;
import java.util.concurrent.TimeUnit;
import java.util.function.Consumer;

/**
 * Runs a command on the live kernel under given settings and sees what the kernel really does with
 * it: every tenth of a second what each process of its tree has, and how far the machine's counters
 * moved. Addresses are not randomised; the command has our standard streams. The settings are put
 * back whatever happens ({@link SettingsGuard}).
 *
 * <p>To be run on a platform thread, one at a time in a JVM.
 *
 * @param settings what to set before, in this order
 * @param command the program and its arguments
 * @param interval between two looks
 */
public record Measurement(List<Setting> settings, List<String> command, Duration interval) {
  private static final String ENABLED = "transparent_hugepage/enabled";

  public Measurement {
    settings = List.copyOf(settings);
    command = List.copyOf(command);
  }

  /** With the usual interval, a tenth of a second. */
  public static Measurement of(List<Setting> settings, List<String> command) {
    return new Measurement(settings, command, Duration.ofMillis(100));
  }

  /**
   * What came of it.
   *
   * @param truth what was seen; it has one mode
   * @param exitCode the command's; 128 and the signal's number when a signal ended it
   * @param unreadable processes of the tree we had no right to look into
   */
  public record Result(Truth truth, int exitCode, Set<Integer> unreadable) {}

  /**
   * Runs the command and writes what was seen as JSON. Everything the user may have got wrong is
   * found before the command runs.
   *
   * @param say is told in a line each what the user should know by the way
   */
  public Result writeTo(Path output, Consumer<String> say) {
    JsonFile file = new JsonFile(output);
    file.check();
    Result result = run(say);
    file.write(stream -> TruthFile.write(result.truth(), stream));
    return result;
  }

  /** Runs the command. */
  public Result run(Consumer<String> say) {
    Command checked = Command.of(command);
    KernelSettings live = KernelSettings.live();
    settings.forEach(live::check);
    if (settings.isEmpty()) {
      SettingsGuard.recover(say);
      return run(checked, live);
    }
    try (SettingsGuard guard = SettingsGuard.open(say)) {
      settings.forEach(guard::set);
      return run(checked, live);
    }
  }

  private Result run(Command checked, KernelSettings live) {
    ProcFs proc = ProcFs.live();
    String mode = mode(live);
    try (ProcessTree tree = ProcessTree.open(proc)) {
      VmStat before = proc.vmStat();
      Process process = checked.start(Set.of(Trait.FIXED_ADDRESSES));
      Sampler sampler = new Sampler(proc, tree, process.pid());
      try (SignalRelay _ = SignalRelay.to(process)) {
        sampleUntilEnd(sampler, process);
      }
      Truth.Mode seen =
          new Truth.Mode(process.exitValue(), counters(before, proc), sampler.series());
      Truth truth = new Truth(checked.name(), command, proc.kernelRelease(), Map.of(mode, seen));
      return new Result(truth, seen.exitCode(), sampler.unreadable());
    } catch (IOException e) {
      throw new LinuxException("the command's processes cannot be followed: " + e.getMessage(), e);
    }
  }

  private void sampleUntilEnd(Sampler sampler, Process process) {
    try {
      long start = System.nanoTime();
      for (long ticks = 1; process.isAlive(); ticks++) {
        sampler.sample(System.nanoTime() - start);
        long due = start + ticks * interval.toNanos();
        boolean _ = process.waitFor(due - System.nanoTime(), TimeUnit.NANOSECONDS);
      }
      sampler.sample(System.nanoTime() - start);
    } catch (InterruptedException e) {
      process.destroy();
      Thread.currentThread().interrupt();
      throw new LinuxException("interrupted", e);
    }
  }

  /** What the run is called: by its THP mode, and by all its settings when there are others. */
  private String mode(KernelSettings live) {
    boolean others = settings.stream().anyMatch(setting -> !setting.key().equals(ENABLED));
    return others || !live.exists(ENABLED)
        ? String.join(",", settings.stream().map(Setting::toString).toList())
        : live.read(ENABLED);
  }

  private static Map<String, Long> counters(VmStat before, ProcFs proc) {
    return proc.vmStat()
        .since(before)
        .only(name ->
            name.startsWith("thp_") || name.equals("pgfault") || name.equals("compact_stall"))
        .counters();
  }
}
