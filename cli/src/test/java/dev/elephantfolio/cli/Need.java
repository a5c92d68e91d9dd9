package dev.elephantfolio.cli;

import static org.junit.jupiter.api.Assumptions.assumeTrue;

import java.nio.file.Files;
import java.nio.file.Path;

/** What a test on the live machine needs; a test that lacks it counts as not run and says why. */
final class Need {
  private Need() {}

  /** To record and to measure. */
  static void perf() {
    root();
    assumeTrue(
        Files.exists(Path.of("/usr/bin/perf")) || Files.exists(Path.of("/usr/local/bin/perf")),
        "missing: perf (linux-perf)");
  }

  /** To have real processes make memory calls. */
  static void liveMachine() {
    root();
    assumeTrue(Files.isExecutable(Path.of("/usr/bin/cc")), "missing: cc (apt-get install gcc)");
  }

  private static void root() {
    assumeTrue("root".equals(System.getProperty("user.name")), "missing: root");
  }
}
