package dev.elephantfolio.conformance;

import dev.elephantfolio.conformance.run.LiveSource;
import dev.elephantfolio.lab.scenario.LiveSide;
import dev.elephantfolio.linux.LinuxException;
import dev.elephantfolio.linux.live.LiveMachine;
import java.util.function.Supplier;
import org.opentest4j.TestAbortedException;

/** The kernel's side for tests; where something is missing the test counts as not run. */
final class LiveKernel {
  private LiveKernel() {}

  static LiveMachine machine() {
    return orNotRun(() -> LiveSide.machine(System.out::println));
  }

  static LiveSource source() {
    return orNotRun(() -> LiveSource.open(System.out::println));
  }

  private static <T> T orNotRun(Supplier<T> open) {
    try {
      return open.get();
    } catch (LinuxException missing) {
      throw new TestAbortedException("missing: " + missing.getMessage());
    }
  }
}
