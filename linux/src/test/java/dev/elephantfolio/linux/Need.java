package dev.elephantfolio.linux;

import static org.junit.jupiter.api.Assumptions.assumeTrue;

import dev.elephantfolio.linux.command.Command;
import java.io.IOException;
import java.io.InputStream;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.List;

/** What a test on the live machine needs; a test that lacks it counts as not run and says why. */
public final class Need {
  private Need() {}

  /** To change settings, to trace, to look into every process. */
  public static void root() {
    assumeTrue("root".equals(System.getProperty("user.name")), "missing: root");
  }

  /** To record. */
  public static void perf() {
    tool("perf", "linux-perf");
  }

  /** Transparent huge pages in this kernel. */
  public static void hugePages() {
    Path enabled = Path.of("/sys/kernel/mm/transparent_hugepage/enabled");
    assumeTrue(Files.exists(enabled), "missing: " + enabled);
  }

  /** To have real processes make memory calls. */
  public static void liveMachine() {
    root();
    hugePages();
    tool("cc", "gcc");
  }

  /** A C program out of the test resources, compiled into a directory. */
  public static Path compiled(String source, Path directory) throws Exception {
    tool("cc", "gcc");
    Path text = directory.resolve(source);
    try (InputStream resource = Need.class.getResourceAsStream(source)) {
      if (resource == null) {
        throw new IllegalArgumentException("no resource " + source);
      }
      Files.copy(resource, text);
    }
    Path program = directory.resolve(source.replace(".c", ""));
    run("cc", "-O1", "-o", program.toString(), text.toString());
    return program;
  }

  /** Another JVM with our class path, running a main class; its output is read by the caller. */
  public static Process jvm(Class<?> main, String... arguments) throws IOException {
    List<String> words = new ArrayList<>();
    words.add(Path.of(System.getProperty("java.home"), "bin", "java").toString());
    words.addAll(List.of("--enable-native-access=ALL-UNNAMED", "-Xmx128m"));
    words.addAll(List.of("-cp", System.getProperty("java.class.path"), main.getName()));
    words.addAll(List.of(arguments));
    return new ProcessBuilder(words).redirectError(ProcessBuilder.Redirect.INHERIT).start();
  }

  private static void tool(String name, String debianPackage) {
    assumeTrue(
        Command.find(name).isPresent(),
        "missing: " + name + " (apt-get install " + debianPackage + ")");
  }

  private static void run(String... words) throws IOException, InterruptedException {
    int code = new ProcessBuilder(words).inheritIO().start().waitFor();
    if (code != 0) {
      throw new IllegalStateException(String.join(" ", words) + " ended with " + code);
    }
  }
}
