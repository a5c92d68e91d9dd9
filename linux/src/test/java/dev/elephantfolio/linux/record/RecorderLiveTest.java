package dev.elephantfolio.linux.record;

import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertFalse;
import static org.junit.jupiter.api.Assertions.assertThrows;
import static org.junit.jupiter.api.Assertions.assertTrue;

import dev.elephantfolio.linux.LinuxException;
import dev.elephantfolio.linux.Need;
import dev.elephantfolio.linux.libc.LibC;
import dev.elephantfolio.trace.EventKind;
import dev.elephantfolio.trace.RecordingReader;
import dev.elephantfolio.trace.RegionKind;
import dev.elephantfolio.trace.perf.ImportProgress;
import java.io.BufferedReader;
import java.io.IOException;
import java.io.Writer;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.EnumSet;
import java.util.List;
import java.util.Set;
import java.util.TreeSet;
import java.util.concurrent.TimeUnit;
import java.util.stream.Stream;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.function.Executable;
import org.junit.jupiter.api.io.TempDir;

/** From a command to its recording, on the running kernel. */
class RecorderLiveTest {
  private static final long REGION = 0x100000000000L;

  @TempDir Path directory;
  private Path program = Path.of("pages");
  private Path output = Path.of("out.eft");

  @BeforeEach
  void compile() throws Exception {
    Need.root();
    Need.perf();
    program = Need.compiled("pages.c", directory);
    output = directory.resolve("out.eft");
  }

  @AfterEach
  void nothingStays() throws IOException {
    try (Stream<Path> files = Files.list(directory)) {
      assertTrue(files.noneMatch(file -> file.toString().endsWith(".part")));
    }
  }

  @Test
  void everyTouchIsInTheRecording() throws IOException {
    Recorder.Result result =
        new Recorder(command("touch", "4", "exit", "5"), output).run(ImportProgress.NONE);
    assertEquals(5, result.exitCode());
    assertEquals(0, result.report().unknownLines());
    assertEquals(0, result.report().totals().lostEvents());
    assertEquals(0, result.report().foreignEvents());
    assertEquals(1, result.report().totals().syntheticTouches(), "the arguments' page");
    assertEquals(1, result.report().totals().inferredTouches(), "and no other");
    assertTrue(result.complaint().isEmpty());

    Set<Long> touched = new TreeSet<>();
    Set<RegionKind> regions = EnumSet.noneOf(RegionKind.class);
    try (RecordingReader recording = RecordingReader.open(output)) {
      assertEquals(
          String.join(" ", command("touch", "4", "exit", "5")), recording.header().command());
      while (recording.next()) {
        if (recording.kind() == EventKind.TOUCH && inRegion(recording.address())) {
          assertTrue(touched.add(recording.address()), "a page touched once faults once");
        } else if (recording.kind() == EventKind.REGION) {
          regions.add(recording.region().kind());
        }
      }
    }
    assertEquals(1024, touched.size());
    assertTrue(regions.contains(RegionKind.STACK), regions.toString());
  }

  @Test
  void threadsAndChildrenAreInIt() throws IOException {
    List<String> script = List.of("sh", "-c", program + " orphan 600 touch 1 & wait; " + program);
    Recorder.Result result = new Recorder(script, output).run(ImportProgress.NONE);
    assertEquals(0, result.exitCode());
    assertEquals(3, result.report().totals().count(EventKind.EXEC));
    assertEquals(4, result.report().totals().count(EventKind.FORK));
  }

  @Test
  void userErrorsComeBeforeTheRun() {
    Path proof = directory.resolve("proof");
    List<String> touch = List.of("touch", proof.toString());
    assertSays("no such command", () -> record(List.of("no-such-command-x"), output));
    assertSays("no such file", () -> record(List.of("./no-such-file"), output));
    assertSays("not executable", () -> record(List.of(directory.toString()), output));
    assertSays("there is no folder", () -> record(touch, directory.resolve("none/a.eft")));
    assertSays("is a directory", () -> record(touch, directory));
    assertFalse(Files.exists(proof));
    assertEquals("pages.eft", Recorder.of(command("exit", "0")).output().toString());
  }

  @Test
  void whatCannotBeExecutedIsNotRecorded() throws IOException {
    Path script = Files.writeString(directory.resolve("script"), "#!/nonexistent/interpreter\n");
    assertTrue(script.toFile().setExecutable(true));
    assertSays("was not executed", () -> record(List.of(script.toString()), output));
    assertFalse(Files.exists(output));
  }

  @Test
  void standardStreamsAreTheCommands() throws Exception {
    Process runner = start("sh", "-c", "read a; echo got $a");
    try (Writer input = runner.outputWriter();
        BufferedReader lines = runner.inputReader()) {
      input.write("it\n");
      input.flush();
      assertEquals("got it", lines.readLine());
      assertTrue(runner.waitFor(60, TimeUnit.SECONDS));
      assertEquals(0, runner.exitValue());
    } finally {
      runner.destroyForcibly();
    }
    assertTrue(Files.size(output) > 0);
  }

  /** Ctrl-C is the command's; its recording is written. */
  @Test
  void interrupted() throws Exception {
    List<String> words = command("touch", "1", "say", "1", "hold", "60000");
    Process runner = start(words.toArray(new String[0]));
    try (BufferedReader lines = runner.inputReader()) {
      assertEquals("1", lines.readLine());
      assertTrue(LibC.kill(runner.pid(), LibC.SIGINT));
      assertTrue(runner.waitFor(60, TimeUnit.SECONDS));
    } finally {
      runner.destroyForcibly();
    }
    assertEquals(128 + LibC.SIGINT, runner.exitValue());
    try (RecordingReader recording = RecordingReader.open(output)) {
      int touched = 0;
      while (recording.next()) {
        touched += recording.kind() == EventKind.TOUCH && inRegion(recording.address()) ? 1 : 0;
      }
      assertEquals(256, touched);
    }
  }

  private Process start(String... words) throws IOException {
    List<String> arguments = new ArrayList<>(List.of(output.toString()));
    arguments.addAll(List.of(words));
    return Need.jvm(RecorderRunner.class, arguments.toArray(new String[0]));
  }

  private List<String> command(String... does) {
    return Stream.concat(Stream.of(program.toString()), Stream.of(does)).toList();
  }

  private static void record(List<String> command, Path output) {
    Recorder.Result _ = new Recorder(command, output).run(ImportProgress.NONE);
  }

  private static boolean inRegion(long address) {
    return address >= REGION && address < REGION + (64 << 20);
  }

  private static void assertSays(String what, Executable run) {
    String message = assertThrows(LinuxException.class, run).getMessage();
    assertTrue(message.contains(what), message);
    assertFalse(message.contains("\n"), message);
  }
}
