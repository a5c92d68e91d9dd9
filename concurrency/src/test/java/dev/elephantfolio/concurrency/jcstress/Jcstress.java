package dev.elephantfolio.concurrency.jcstress;

import java.io.IOException;
import java.nio.charset.StandardCharsets;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.List;

/**
 * Runs jcstress in a JVM of its own, which starts others for each test and each way of compiling
 * it.
 *
 * @param exitCode 0 when nothing forbidden was seen
 * @param output all that it printed
 */
record Jcstress(int exitCode, String output) {
  private static final List<String> SHORT =
      List.of("-m", "sanity", "-f", "1", "-iters", "1", "-time", "300", "-sc", "false");

  /** Whether to run for many minutes: {@code -Defolio.jcstress=long}. */
  static final boolean LONG = System.getProperty("efolio.jcstress", "short").equals("long");

  /** Runs the tests of one package. */
  static Jcstress run(String packageName, String heapMegabytes) throws IOException {
    List<String> command = new ArrayList<>();
    command.add(Path.of(System.getProperty("java.home"), "bin", "java").toString());
    command.add("--enable-native-access=ALL-UNNAMED");
    command.add("-cp");
    command.add(System.getProperty("java.class.path"));
    command.add("org.openjdk.jcstress.Main");
    command.addAll(List.of("-t", "\\." + packageName + "\\."));
    command.addAll(List.of("-r", "target/jcstress-" + packageName, "-hs", heapMegabytes));
    command.addAll(LONG ? List.of("-m", "default") : SHORT);
    Process process = new ProcessBuilder(command).redirectErrorStream(true).start();
    String output = new String(process.getInputStream().readAllBytes(), StandardCharsets.UTF_8);
    return new Jcstress(process.onExit().join().exitValue(), output);
  }

  /** Whether a forbidden result of the test was seen. */
  boolean caught(Class<?> test) {
    return output.contains("[FAILED] " + test.getName());
  }

  /** Whether every test ran and none was refused by its JVM. */
  boolean ranWithoutErrors() {
    return output.contains("Error tests: No matches.");
  }
}
