package dev.elephantfolio.lab;

import static org.junit.jupiter.api.Assumptions.assumeTrue;

import java.nio.file.Files;
import java.nio.file.Path;

/** What a test on the live machine needs; a test that lacks it counts as not run and says why. */
public final class Need {
  private Need() {}

  /** To have real processes make memory calls. */
  public static void liveMachine() {
    Path hugePages = Path.of("/sys/kernel/mm/transparent_hugepage");
    assumeTrue("root".equals(System.getProperty("user.name")), "missing: root");
    assumeTrue(Files.isExecutable(Path.of("/usr/bin/cc")), "missing: cc (apt-get install gcc)");
    assumeTrue(Files.exists(hugePages), "missing: " + hugePages);
  }
}
