package dev.elephantfolio.conformance;

import dev.elephantfolio.conformance.run.LiveSource;
import dev.elephantfolio.lab.scenario.LiveSide;
import dev.elephantfolio.linux.LinuxException;
import dev.elephantfolio.linux.live.LiveMachine;
import java.io.IOException;
import java.io.UncheckedIOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.function.Supplier;
import org.opentest4j.TestAbortedException;

/** The kernel's side for tests; where something is missing the test counts as not run. */
final class LiveKernel {
  private static final Path VM = Path.of("/proc/sys/vm");

  private LiveKernel() {}

  static LiveMachine machine() {
    return orNotRun(() -> LiveSide.machine(System.out::println));
  }

  static LiveSource source() {
    return orNotRun(() -> LiveSource.open(System.out::println));
  }

  /**
   * Frees and compacts memory. The files that a build has just read fill it; where a huge page is
   * found only by reclaim, reclaim splits those that lie partly unmapped, too.
   */
  static void makeRoom() {
    try {
      Files.writeString(VM.resolve("drop_caches"), "3");
      Files.writeString(VM.resolve("compact_memory"), "1");
    } catch (IOException e) {
      throw new UncheckedIOException(e);
    }
  }

  private static <T> T orNotRun(Supplier<T> open) {
    try {
      T opened = open.get();
      makeRoom();
      return opened;
    } catch (LinuxException missing) {
      throw new TestAbortedException("missing: " + missing.getMessage());
    }
  }
}
