package dev.elephantfolio.cli;

import static org.junit.jupiter.api.Assertions.assertEquals;

import java.io.File;
import java.io.PrintWriter;
import java.io.StringWriter;
import java.util.ArrayList;
import java.util.List;

/**
 * One run of {@code efolio}.
 *
 * @param out what it wrote to standard output
 * @param err what it wrote to standard error
 */
record Efolio(int exitCode, String out, String err) {
  /** Runs it in this JVM. */
  static Efolio run(String... arguments) {
    StringWriter out = new StringWriter();
    StringWriter err = new StringWriter();
    int exitCode =
        Main.commandLine()
            .setOut(new PrintWriter(out))
            .setErr(new PrintWriter(err, true))
            .execute(arguments);
    return new Efolio(exitCode, out.toString(), err.toString());
  }

  /**
   * A JVM of its own, in which Ctrl-C has its usual meaning even when it was ignored by what
   * started these tests.
   */
  static ProcessBuilder process(String... arguments) {
    List<String> words =
        new ArrayList<>(
            List.of(
                "env",
                "--default-signal=INT",
                System.getProperty("java.home") + File.separator + "bin" + File.separator + "java",
                "-Xmx512m",
                "--enable-native-access=ALL-UNNAMED",
                "-cp",
                System.getProperty("java.class.path"),
                Main.class.getName()));
    words.addAll(List.of(arguments));
    return new ProcessBuilder(words);
  }

  /** It did what it was to do. */
  Efolio done() {
    assertEquals(0, exitCode, err);
    return this;
  }

  /** It refused with exactly that line. */
  void refused(String line) {
    assertEquals(line + "\n", err);
    assertEquals("", out);
    assertEquals(2, exitCode);
  }
}
