package dev.elephantfolio.linux.measure;

import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertFalse;
import static org.junit.jupiter.api.Assertions.assertThrows;
import static org.junit.jupiter.api.Assertions.assertTrue;

import dev.elephantfolio.linux.LinuxException;
import dev.elephantfolio.linux.Need;
import dev.elephantfolio.linux.libc.LibC;
import dev.elephantfolio.linux.measure.Truth.Mode;
import dev.elephantfolio.linux.proc.ProcFs;
import dev.elephantfolio.linux.settings.KernelSettings;
import dev.elephantfolio.linux.settings.Setting;
import java.io.BufferedReader;
import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.List;
import java.util.Map;
import java.util.concurrent.TimeUnit;
import java.util.stream.Stream;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.function.Executable;
import org.junit.jupiter.api.io.TempDir;

/** On the running kernel: it changes the machine's settings for a moment. */
class MeasurementLiveTest {
  private static final String ENABLED = "transparent_hugepage/enabled";
  private static final String DEFRAG = "transparent_hugepage/defrag";
  private static final long MIB = 1L << 20;

  @TempDir Path directory;
  private Path program = Path.of("pages");
  private String before = "";

  @BeforeEach
  void compile() throws Exception {
    Need.root();
    Need.hugePages();
    program = Need.compiled("pages.c", directory);
    before = KernelSettings.live().read(ENABLED);
  }

  @AfterEach
  void settingsAreBack() {
    assertEquals(before, KernelSettings.live().read(ENABLED));
  }

  @Test
  void hugeUnderAlwaysAndNotUnderNever() {
    Path output = directory.resolve("out.json");
    Measurement.Result always =
        measure("always", "touch", "32", "hold", "400", "exit", "7").writeTo(output, _ -> {});
    Mode seen = mode(always, "always");
    assertEquals(7, always.exitCode());
    assertEquals(7, seen.exitCode());
    assertEquals(32 * MIB, seen.peakAnonHugePagesBytes());
    assertTrue(seen.vmstat().getOrDefault("thp_fault_alloc", 0L) >= 16);
    assertEquals(always.truth(), TruthFile.read(output));
    assertTrue(always.unreadable().isEmpty());

    Mode never = mode(measure("never", "touch", "32", "hold", "400").run(_ -> {}), "never");
    assertEquals(0, never.peakAnonHugePagesBytes());
    assertTrue(never.peakAnonymousBytes() >= 32 * MIB);
    assertTrue(never.peakAnonymousBytes() < 34 * MIB);
    assertTrue(never.vmstat().getOrDefault("pgfault", 0L) >= 8192);
  }

  @Test
  void otherSettingsNameTheMode() {
    String defrag = KernelSettings.live().read(DEFRAG);
    Measurement both =
        Measurement.of(
            List.of(new Setting(ENABLED, "always"), new Setting(DEFRAG, "never")),
            command("exit", "0"));
    Truth truth = both.run(_ -> {}).truth();
    assertEquals(List.of(ENABLED + "=always," + DEFRAG + "=never"), names(truth));
    assertEquals(defrag, KernelSettings.live().read(DEFRAG));
    Truth plain = Measurement.of(List.of(), command("exit", "0")).run(_ -> {}).truth();
    assertEquals(List.of(before), names(plain));
  }

  @Test
  void orphansStayInTheTree() {
    Mode seen =
        mode(measure("never", "orphan", "800", "touch", "16", "hold", "300").run(_ -> {}), "never");
    assertEquals(
        2, seen.peaks().values().stream().filter(p -> p.comms().contains("pages")).count());
    assertTrue(seen.peakAnonymousBytes() > 16 * MIB);
    long ourPid = ProcessHandle.current().pid();
    assertTrue(
        ProcFs.live().pids().stream()
            .flatMap(pid -> ProcFs.live().stat(pid).stream())
            .noneMatch(stat -> stat.zombie() && stat.parentPid() == ourPid));
  }

  @Test
  void addressesAreFixed() throws IOException {
    Path maps = directory.resolve("maps");
    String[] stacks = new String[2];
    for (int i = 0; i < stacks.length; i++) {
      List<String> show = List.of("sh", "-c", "grep stack /proc/self/maps > " + maps);
      Measurement.Result _ = Measurement.of(List.of(), show).run(_ -> {});
      stacks[i] = Files.readString(maps);
    }
    assertEquals(stacks[0], stacks[1]);
    assertTrue(stacks[0].contains("-7ffffffff000 "), stacks[0]);
  }

  @Test
  void userErrorsComeBeforeTheRun() {
    Path proof = directory.resolve("proof");
    List<String> touch = List.of("touch", proof.toString());
    Setting wrong = new Setting("transparent_hugepage/enabld", "always");
    Path nowhere = directory.resolve("none/out.json");
    assertSays("did you mean", () -> Measurement.of(List.of(wrong), touch).run(_ -> {}));
    assertSays("no directory", () -> Measurement.of(List.of(), touch).writeTo(nowhere, _ -> {}));
    assertSays("directory", () -> Measurement.of(List.of(), touch).writeTo(directory, _ -> {}));
    assertSays("no such command", () -> Measurement.of(List.of(), List.of("nope-x")).run(_ -> {}));
    assertFalse(Files.exists(proof));
  }

  @Test
  void whatCannotBeExecutedLeavesSettingsAndNoFile() throws IOException {
    Path script = Files.writeString(directory.resolve("script"), "#!/nonexistent/interpreter\n");
    assertTrue(script.toFile().setExecutable(true));
    Measurement measurement =
        Measurement.of(List.of(new Setting(ENABLED, "always")), List.of(script.toString()));
    Path output = directory.resolve("out.json");
    assertSays("cannot be executed", () -> measurement.writeTo(output, _ -> {}));
    try (Stream<Path> files = Files.list(directory)) {
      assertTrue(files.noneMatch(file -> file.toString().contains("out.json")));
    }
  }

  /** Ctrl-C ends the command; what was seen is written, and the settings are put back. */
  @Test
  void interrupted() throws Exception {
    Path output = directory.resolve("out.json");
    List<String> arguments = new ArrayList<>(List.of(output.toString()));
    arguments.addAll(command("touch", "16", "say", "1", "hold", "60000"));
    Process runner = Need.jvm(MeasurementRunner.class, arguments.toArray(new String[0]));
    try (BufferedReader lines = runner.inputReader()) {
      assertEquals("1", lines.readLine());
      assertEquals("always", KernelSettings.live().read(ENABLED));
      Thread.sleep(300);
      assertTrue(LibC.kill(runner.pid(), LibC.SIGINT));
      assertTrue(runner.waitFor(30, TimeUnit.SECONDS));
    } finally {
      runner.destroyForcibly();
    }
    assertEquals(128 + LibC.SIGINT, runner.exitValue());
    Mode seen = TruthFile.read(output).modes().getOrDefault("always", none());
    assertEquals(128 + LibC.SIGINT, seen.exitCode());
    assertEquals(16 * MIB, seen.peakAnonHugePagesBytes());
  }

  private Measurement measure(String enabled, String... does) {
    return Measurement.of(List.of(new Setting(ENABLED, enabled)), command(does));
  }

  private List<String> command(String... does) {
    List<String> words = new ArrayList<>(List.of(program.toString()));
    words.addAll(List.of(does));
    return words;
  }

  private static Mode mode(Measurement.Result result, String name) {
    return result.truth().modes().getOrDefault(name, none());
  }

  private static Mode none() {
    return new Mode(-1, Map.of(), List.of());
  }

  private static List<String> names(Truth truth) {
    return List.copyOf(truth.modes().keySet());
  }

  private static void assertSays(String what, Executable run) {
    String message = assertThrows(LinuxException.class, run).getMessage();
    assertTrue(message.contains(what), message);
  }
}
