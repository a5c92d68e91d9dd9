package dev.elephantfolio.cli;

import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertFalse;
import static org.junit.jupiter.api.Assertions.assertTrue;

import com.fasterxml.jackson.databind.JsonNode;
import com.fasterxml.jackson.databind.ObjectMapper;
import com.fasterxml.jackson.databind.node.ObjectNode;
import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.List;
import java.util.stream.Stream;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.CsvSource;

/** {@code efolio scenario} on the engine. */
final class ScenarioCommandTest {
  private static final String HOLDS =
      """
      process A
      A mmap a 2M
      A write a 4K 7
      expect A a Rss = 4K
      snapshot
      """;
  private static final String FAILS =
      """
      process A
      A mmap a 2M
      A munmap a+1 4K
      A read a 8K 7
      A read b 4K
      expect A a Rss = 4K
      """;

  /** Much of what there is to see, without the setting {@code always}, which others feel. */
  private static final String ADVISED =
      """
      process A
      A mmap a 6M
      A madvise a 4M hugepage
      A write a 4M 7
      A write a+4M 8K 8
      A mmap b 16K shared
      A write b 4K 9
      A mmap g 8K
      A madvise g 4K guard_install
      A mmap w 64K anywhere
      A write w 4K 1
      A brk +8K
      A write [heap] 8K 3
      A mprotect a+5M 4K r
      A mlock a+2M 4K
      A fork B
      B write a+4K 4K 1
      B mremap a+2M 2M 2M to=c
      A read a+5M 1M 0
      snapshot all of it
      B vfork C
      C exec
      C read a 4K -> SIGSEGV
      B exit
      A madvise a+2M 4K dontneed -> ?
      drop_caches
      snapshot
      """;

  private static final ObjectMapper JSON = new ObjectMapper();

  @TempDir private Path directory;

  private Path file(String name, String text) throws IOException {
    return Files.writeString(directory.resolve(name), text);
  }

  private static List<String> lines(Efolio ran) {
    return ran.out().lines().toList();
  }

  @Test
  void tellsWhatHolds() throws IOException {
    Path file = file("holds.efs", HOLDS);
    Efolio ran = Efolio.run("scenario", file.toString()).done();
    assertEquals(file + ": ok (engine: 2 calls, 1 expectation)", lines(ran).getLast());
    assertEquals(file + ":5: snapshot", lines(ran).getFirst());
    assertTrue(
        ran.out().contains("      0  folio 0, order 0  present exclusive mapcount=1 value=7\n"),
        ran.out());
    assertEquals("", ran.err());
  }

  @Test
  void tellsWhatFailsWithItsLine() throws IOException {
    Path file = file("fails.efs", FAILS);
    Efolio ran = Efolio.run("scenario", file.toString());
    assertEquals(1, ran.exitCode());
    assertEquals(
        List.of(
            file + ":3: expected OK, got EINVAL",
            file + ":4: expected 7, got 0 at a",
            file + ":5: expected OK, got SIGSEGV at b",
            file + ":6: expected A a Rss = 4K, got 0",
            file + ": 4 failures (engine: 4 calls, 1 expectation)"),
        lines(ran));
    assertEquals("", ran.err());
  }

  @Test
  void reportsAsJson() throws IOException {
    Path file = file("fails.efs", FAILS);
    Efolio ran = Efolio.run("scenario", "--json", file.toString());
    assertEquals(1, ran.exitCode());
    JsonNode report = JSON.readTree(ran.out());
    assertEquals("engine", report.get("side").asText());
    assertEquals(file.toString(), report.get("file").asText());
    assertFalse(report.get("ok").asBoolean());
    assertEquals(3, report.get("failures").get(0).get("line").asInt());
    assertEquals("OK", report.get("failures").get(0).get("expected").asText());
    assertEquals("EINVAL", report.get("failures").get(0).get("got").asText());
  }

  @Test
  void severalFilesAreOneObjectALine() throws IOException {
    Path holds = file("holds.efs", HOLDS);
    Path fails = file("fails.efs", FAILS);
    Efolio ran = Efolio.run("scenario", "--json", holds.toString(), fails.toString());
    assertEquals(1, ran.exitCode());
    assertEquals(2, lines(ran).size());
    assertTrue(JSON.readTree(lines(ran).get(0)).get("ok").asBoolean());
    assertFalse(JSON.readTree(lines(ran).get(1)).get("ok").asBoolean());
    assertEquals(0, Efolio.run("scenario", holds.toString(), holds.toString()).exitCode());
  }

  /** Two runs of one file are alike to the byte. */
  @Test
  void theSameFileGivesTheSameReport() throws IOException {
    String file = file("holds.efs", HOLDS).toString();
    assertEquals(
        Efolio.run("scenario", "--json", file).out(), Efolio.run("scenario", "--json", file).out());
  }

  @ParameterizedTest
  @CsvSource(
      delimiter = '|',
      textBlock =
          """
          A mmap a 4X                         | 2:10: expected a length, as 4096, 4K or 2M, got '4X'
          A move a 2M                         | 2:3: 'move' is not there yet: migration on demand comes with later work
          A unpin P                           | 2:9: nothing is held as 'P'
          B exit                              | 2:1: there is no process 'B'
          set transparent_hugepage/enabld 1   | 2:5: no setting 'transparent_hugepage/enabld'; did you mean 'transparent_hugepage/enabled'?
          expect vmstat thp_splitpmd + 1      | 2:15: there is no counter 'thp_splitpmd'; did you mean 'thp_split_pmd'?
          """)
  void aMistakeIsOneLineAndNothingElse(String line, String message) throws IOException {
    Path file = file("wrong.efs", "process A\n" + line + "\n");
    Efolio.run("scenario", file.toString()).refused("efolio scenario: " + file + ":" + message);
    Efolio.run("scenario", "--json", file.toString())
        .refused("efolio scenario: " + file + ":" + message);
  }

  @Test
  void nothingRunsWhenOneOfSeveralFilesIsWrong() throws IOException {
    Path holds = file("holds.efs", HOLDS);
    Efolio.run("scenario", holds.toString(), "/no/such.efs")
        .refused("efolio scenario: /no/such.efs: no such file");
    Efolio.run("scenario")
        .refused(
            "efolio scenario: Missing required parameter: 'FILE' (see efolio scenario --help)");
  }

  @Test
  void otherGenerationsAreNotThereYet() throws IOException {
    String file = file("holds.efs", HOLDS).toString();
    Efolio.run("scenario", "--generation", "6.18", file).done();
    Efolio.run("scenario", "--generation", "4.5", file)
        .refused("efolio scenario: --generation 4.5: only 6.18 is there");
  }

  /** Counters are left out: others move them, too. */
  @Test
  void theLiveKernelGivesTheSameReport() throws IOException {
    Need.liveMachine();
    String advised = file("advised.efs", ADVISED).toString();
    String fails = file("fails.efs", FAILS).toString();
    List<String> engine = lines(Efolio.run("scenario", "--json", advised, fails));
    Efolio live = Efolio.run("scenario", "--live", "--json", advised, fails);
    assertEquals(1, live.exitCode(), live.err());
    assertEquals(2, lines(live).size());
    for (int i = 0; i < 2; i++) {
      assertEquals("live", JSON.readTree(lines(live).get(i)).get("side").asText());
      assertEquals(withoutSide(engine.get(i)), withoutSide(lines(live).get(i)));
    }
    assertEquals("", live.err());
  }

  private static String withoutSide(String report) throws IOException {
    ObjectNode json = (ObjectNode) JSON.readTree(report);
    json.remove("side");
    json.get("snapshots").forEach(snapshot -> ((ObjectNode) snapshot).remove("counters"));
    return json.toPrettyString();
  }

  /** The others are run. */
  @Test
  void whatNoLiveKernelCanBeAskedIsNotRun() throws IOException {
    Need.liveMachine();
    Path pins = file("pins.efs", "process A\nA mmap a 4K\nA pin a 4K P\n");
    String why =
        "efolio scenario: "
            + pins
            + ":3:1: the live side pins 'write longterm fast' alone, as io_uring pins a buffer: not"
            + " run";
    Efolio.run("scenario", pins.toString()).done();
    Efolio.run("scenario", "--live", pins.toString()).refused(why);
    String advised = file("advised.efs", ADVISED).toString();
    Efolio both = Efolio.run("scenario", "--live", "--json", pins.toString(), advised);
    assertEquals(2, both.exitCode());
    assertEquals(why, both.err().strip());
    assertEquals(1, lines(both).size());
    String fails = file("fails.efs", FAILS).toString();
    assertEquals(1, Efolio.run("scenario", "--live", pins.toString(), fails).exitCode());
  }

  @Test
  void theLiveKernelsMistakesAreOneLine() throws IOException {
    Need.liveMachine();
    Path file = file("wrong.efs", "set transparent_hugepage/no_such 1\n");
    Efolio ran = Efolio.run("scenario", "--live", file.toString());
    assertEquals(2, ran.exitCode());
    assertEquals(1, ran.err().lines().count(), ran.err());
    assertTrue(ran.err().startsWith("efolio scenario: " + file + ":1:5: "), ran.err());
    assertEquals("", ran.out());
  }

  @Test
  void theExampleHolds() throws IOException {
    Path examples = Path.of("..", "examples");
    try (Stream<Path> all = Files.list(examples)) {
      List<String> files =
          all.map(Path::toString).filter(name -> name.endsWith(".efs")).sorted().toList();
      assertFalse(files.isEmpty());
      for (String file : files) {
        Efolio.run("scenario", file).done();
      }
    }
  }
}
