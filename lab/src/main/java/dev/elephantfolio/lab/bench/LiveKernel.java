package dev.elephantfolio.lab.bench;

import dev.elephantfolio.lab.LabException;
import dev.elephantfolio.linux.settings.KernelSettings;
import dev.elephantfolio.linux.settings.SettingsGuard;
import java.util.function.Consumer;

/** The same operations on the live kernel. Settings are changed only while they are needed. */
final class LiveKernel {
  private final LiveProgram program;
  private final BenchOptions options;
  private final Consumer<String> say;

  /**
   * @param say is told in one line when something that a killed run had changed was put back
   */
  LiveKernel(LiveProgram program, BenchOptions options, Consumer<String> say) {
    this.program = program;
    this.options = options;
    this.say = say;
  }

  /**
   * Operations a second in one round.
   *
   * @throws LabException when the kernel or the right to do it is missing
   * @throws dev.elephantfolio.linux.LinuxException when a setting cannot be changed
   */
  double round(Workload workload) {
    try (SettingsGuard guard = SettingsGuard.open(say)) {
      // Also when nothing is to be changed: nobody else's guard changes it meanwhile.
      EngineRun.pageSize(workload).needed(KernelSettings.live()).forEach(guard::set);
      return run(workload);
    }
  }

  private double run(Workload workload) {
    String printed =
        program.run(
            workload.label(),
            Long.toString(options.arenaBytes()),
            Long.toString(options.roundNanos()),
            options.clock().label());
    String[] words = printed.split(" ");
    if (words.length != 2) {
      throw new LabException("the program for the live kernel printed '" + printed + "'");
    }
    return Long.parseLong(words[0]) * 1e9 / Math.max(1, Long.parseLong(words[1]));
  }
}
