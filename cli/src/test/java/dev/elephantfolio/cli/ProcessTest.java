package dev.elephantfolio.cli;

import static java.nio.charset.StandardCharsets.UTF_8;
import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertFalse;
import static org.junit.jupiter.api.Assertions.assertTrue;

import java.io.IOException;
import java.lang.ProcessBuilder.Redirect;
import java.nio.file.DirectoryStream;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.List;
import java.util.concurrent.TimeUnit;
import java.util.function.BooleanSupplier;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;

/** What only a process of its own shows: Ctrl-C, and an output that nobody reads. */
final class ProcessTest {
  private static final long PATIENCE_SECONDS = 120;
  private static final int MANY_TOUCHES = 8_000_000;

  @TempDir private Path directory;
  private List<Process> started = List.of();

  @AfterEach
  void endWhatIsLeft() {
    started.forEach(Process::destroyForcibly);
  }

  private Process start(ProcessBuilder builder) throws IOException {
    Process process = builder.redirectError(directory.resolve("stderr").toFile()).start();
    started = List.of(process);
    return process;
  }

  private String errors() throws IOException {
    return Files.readString(directory.resolve("stderr"));
  }

  private static void await(Process process, BooleanSupplier condition) throws Exception {
    long deadline = System.nanoTime() + TimeUnit.SECONDS.toNanos(PATIENCE_SECONDS);
    while (!condition.getAsBoolean()) {
      assertTrue(process.isAlive(), "ended too early");
      assertTrue(System.nanoTime() < deadline, "waited too long");
      Thread.sleep(5);
    }
  }

  private static void interrupt(Process process) throws Exception {
    Process kill = new ProcessBuilder("kill", "-INT", Long.toString(process.pid())).start();
    assertEquals(0, kill.waitFor());
    assertTrue(process.waitFor(PATIENCE_SECONDS, TimeUnit.SECONDS), "does not end");
  }

  private Path outputs() throws IOException {
    return Files.createDirectories(directory.resolve("outputs"));
  }

  private static boolean isEmpty(Path outputs) {
    try (DirectoryStream<Path> files = Files.newDirectoryStream(outputs)) {
      return !files.iterator().hasNext();
    } catch (IOException e) {
      throw new IllegalStateException(e);
    }
  }

  private static boolean hasOpen(Process process, Path outputs) {
    try (DirectoryStream<Path> open =
        Files.newDirectoryStream(Path.of("/proc/" + process.pid() + "/fd"))) {
      for (Path descriptor : open) {
        if (Files.readSymbolicLink(descriptor).startsWith(outputs)) {
          return true;
        }
      }
      return false;
    } catch (IOException _) {
      return false;
    }
  }

  @Test
  void ctrlCInAReplayLeavesNoTimeline() throws Exception {
    Path recording = SmallRecording.write(directory.resolve("long.eft"), MANY_TOUCHES);
    Path outputs = outputs();
    Process replay =
        start(
            Efolio.process(
                    "replay",
                    recording.toString(),
                    "--timeline",
                    outputs.resolve("out.csv").toString())
                .redirectOutput(Redirect.DISCARD));
    await(replay, () -> !isEmpty(outputs) && hasOpen(replay, outputs));
    interrupt(replay);
    assertEquals(130, replay.exitValue(), errors());
    assertTrue(isEmpty(outputs));
    assertEquals("", errors());
  }

  @Test
  void ctrlCInAnImportLeavesNoRecording() throws Exception {
    Path outputs = outputs();
    Process importing =
        start(
            Efolio.process("import", "perf", "-", "-o", outputs.resolve("out.eft").toString())
                .redirectOutput(Redirect.DISCARD));
    importing
        .getOutputStream()
        .write("toucher 42/42 [001] 100.1: PERF_RECORD_COMM exec: toucher:42/42\n".getBytes(UTF_8));
    importing.getOutputStream().flush();
    await(importing, () -> hasOpen(importing, outputs));
    interrupt(importing);
    assertEquals(130, importing.exitValue(), errors());
    assertTrue(isEmpty(outputs));
    assertEquals("", errors());
  }

  @Test
  void anOutputThatNobodyReadsEndsItSilently() throws Exception {
    Path recording = SmallRecording.write(directory.resolve("long.eft"), 1_000_000);
    Process cat = start(Efolio.process("trace", "cat", recording.toString()));
    assertFalse(cat.inputReader(UTF_8).readLine().isEmpty());
    cat.getInputStream().close();
    assertTrue(cat.waitFor(PATIENCE_SECONDS, TimeUnit.SECONDS), "does not end");
    assertEquals(ExitCode.BROKEN_PIPE, cat.exitValue(), errors());
    assertEquals("", errors());
  }

  @Test
  void anOutputThatIsFullIsAnError() throws Exception {
    Path recording = SmallRecording.write(directory.resolve("small.eft"));
    Process replay =
        start(
            Efolio.process("replay", recording.toString(), "--json")
                .redirectOutput(Path.of("/dev/full").toFile()));
    assertTrue(replay.waitFor(PATIENCE_SECONDS, TimeUnit.SECONDS), "does not end");
    assertEquals("efolio replay: standard output: No space left on device\n", errors());
    assertEquals(2, replay.exitValue());
  }
}
