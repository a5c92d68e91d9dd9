package dev.elephantfolio.trace.perf;

import static org.junit.jupiter.api.Assertions.assertArrayEquals;
import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertTrue;

import dev.elephantfolio.trace.EventKind;
import dev.elephantfolio.trace.ProcessSummary;
import dev.elephantfolio.trace.RecordingSummary;
import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.List;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.ValueSource;

/** Parts of texts that perf printed of real programs. */
class ExcerptImportTest {
  @TempDir Path folder;

  @ParameterizedTest
  @ValueSource(strings = {"redis-start", "sqlite-ends", "jvm-start"})
  void everyLineIsUnderstoodAndEveryCallPaired(String name) throws IOException {
    ImportReport report = Excerpt.importTo(name, folder.resolve("x.eft"));
    assertEquals(0, report.unknownLines(), report.firstUnknownLines().toString());
    assertEquals(0, report.unpairedCalls());
    assertEquals(0, report.foreignEvents());
  }

  @Test
  void theSameTextGivesTheSameBytes() throws IOException {
    Excerpt.importTo("redis-start", folder.resolve("a.eft"));
    Excerpt.importTo("redis-start", folder.resolve("b.eft"));
    assertArrayEquals(
        Files.readAllBytes(folder.resolve("a.eft")), Files.readAllBytes(folder.resolve("b.eft")));
  }

  /** A shell that forks one program, spawns another by vfork, and a server with four threads. */
  @Test
  void redis() throws IOException {
    RecordingSummary summary = summary("redis-start");
    assertEquals("./redis.sh", summary.header().command());
    List<String> processes =
        summary.processes().stream()
            .map(p -> p.pid() + " " + p.comm() + " " + p.threads())
            .toList();
    assertEquals(List.of("30685 redis.sh 1", "30687 redis-server 5", "30688 sleep 1"), processes);
    List<String> forks =
        Excerpt.events("redis-start", folder).stream()
            .filter(line -> line.contains(" FORK "))
            .map(line -> line.replaceFirst(".*cloneFlags=", ""))
            .toList();
    assertEquals(
        List.of("CLONE_CHILD_CLEARTID|CLONE_CHILD_SETTID|SIGCHLD", "CLONE_VM|CLONE_VFORK|SIGCHLD"),
        forks);
  }

  /** A shell that becomes the program after a search along PATH that fails fifteen times. */
  @Test
  void sqlite() throws IOException {
    RecordingSummary summary = summary("sqlite-ends");
    assertEquals(2, summary.totals().count(EventKind.EXEC));
    ProcessSummary only = summary.processes().getFirst();
    assertEquals(1, summary.processes().size());
    assertEquals("sqlite3", only.comm());
    assertTrue(only.ended());
    assertEquals(2, summary.totals().syntheticTouches());
  }

  @Test
  void java() throws IOException {
    RecordingSummary summary = summary("jvm-start");
    assertEquals(1, summary.processes().size());
    assertEquals(2, summary.processes().getFirst().threads());
    assertTrue(summary.totals().count(EventKind.MMAP) > 20);
    assertTrue(summary.totals().inferredTouches() < 40, "most of a program explains itself");
  }

  private RecordingSummary summary(String name) throws IOException {
    Path file = folder.resolve(name + ".eft");
    Excerpt.importTo(name, file);
    return RecordingSummary.of(file);
  }
}
