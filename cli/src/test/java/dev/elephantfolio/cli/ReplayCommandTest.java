package dev.elephantfolio.cli;

import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertFalse;
import static org.junit.jupiter.api.Assertions.assertTrue;

import com.fasterxml.jackson.databind.JsonNode;
import com.fasterxml.jackson.databind.ObjectMapper;
import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.List;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;

final class ReplayCommandTest {
  private static final String ALWAYS = "transparent_hugepage/enabled=always";
  private static final String NEVER = "transparent_hugepage/enabled=never";

  @TempDir private Path directory;
  private Path recording = Path.of("");

  @BeforeEach
  void record() throws IOException {
    recording = SmallRecording.write(directory.resolve("small.eft"));
  }

  private Efolio replay(String... options) {
    List<String> words = new ArrayList<>(List.of("replay", recording.toString()));
    words.addAll(List.of(options));
    return Efolio.run(words.toArray(String[]::new));
  }

  private List<String> filesHere() throws IOException {
    try (var files = Files.list(directory)) {
      return files.map(file -> file.getFileName().toString()).sorted().toList();
    }
  }

  @Test
  void reportsForPeople() {
    Efolio ran = replay("--set", ALWAYS).done();
    assertTrue(ran.out().contains("always"), ran.out());
    assertTrue(ran.out().contains(" 42 toucher "), ran.out());
    assertTrue(ran.out().contains("MiB"), ran.out());
    assertEquals("", ran.err());
  }

  @Test
  void reportsAsJson() throws IOException {
    assertEquals(SmallRecording.MAPPED_BYTES, hugeBytes(replay("--json", "--set", ALWAYS)));
    assertEquals(0, hugeBytes(replay("--json", "--set", NEVER)));
    // Of two values of one key the last one holds.
    assertEquals(0, hugeBytes(replay("--json", "--set", ALWAYS, "--set", NEVER)));
  }

  private static long hugeBytes(Efolio ran) throws IOException {
    assertEquals("", ran.done().err());
    JsonNode json = new ObjectMapper().readTree(ran.out());
    JsonNode process = json.get("processes").get(0);
    assertEquals(SmallRecording.PID, process.get("pid").asInt());
    assertEquals(SmallRecording.MAPPED_BYTES, process.get("peak").get("anonymousBytes").asLong());
    return process.get("peak").get("anonHugePagesBytes").asLong();
  }

  @Test
  void writesATimeline() throws IOException {
    Path timeline = directory.resolve("out.csv");
    replay("--timeline", timeline.toString()).done();
    List<String> lines = Files.readAllLines(timeline);
    assertEquals("seconds,pid,rssBytes,anonymousBytes,anonHugePagesBytes", lines.getFirst());
    assertTrue(lines.size() > 10, lines.toString());
    assertEquals(List.of("out.csv", "small.eft"), filesHere());
  }

  @Test
  void aReplayThatFailsLeavesNoTimelineAndKeepsTheOldOne() throws IOException {
    byte[] whole = Files.readAllBytes(recording);
    whole[whole.length / 2] ^= 0x55;
    Files.write(recording, whole);
    Path timeline = Files.writeString(directory.resolve("out.csv"), "before");
    assertEquals(2, replay("--timeline", timeline.toString()).exitCode());
    assertEquals("before", Files.readString(timeline));
    assertEquals(List.of("out.csv", "small.eft"), filesHere());
  }

  @Test
  void aPlaceThatCannotBeWrittenIsRefused() {
    replay("--timeline", "/no/such/x.csv")
        .refused(
            "efolio replay: /no/such/x.csv: cannot be written: there is no directory /no/such");
    replay("--timeline", "/dev/null")
        .refused(
            "efolio replay: /dev/null: cannot be written: it is a device or a pipe, not a file");
    replay("--timeline", "/proc/x.csv")
        .refused("efolio replay: /proc/x.csv: cannot be written: no file can be made in /proc");
    replay("--timeline", directory.toString())
        .refused("efolio replay: " + directory + ": cannot be written: it is a directory");
    replay("--timeline", recording.toString())
        .refused(
            "efolio replay: "
                + recording
                + ": cannot be written: it is the input; name another file");
    assertTrue(Files.exists(Path.of("/dev/null")));
    assertFalse(Files.isRegularFile(Path.of("/dev/null")));
  }

  @Test
  void aWrongSettingIsRefusedWithWhatWasMeant() {
    replay("--set", "transparent_hugepage/enabld=always")
        .refused(
            "efolio replay: no setting 'transparent_hugepage/enabld'; did you mean"
                + " 'transparent_hugepage/enabled'?");
    replay("--set", "transparent_hugepage/enabled=alway")
        .refused(
            "efolio replay: transparent_hugepage/enabled does not take 'alway'; did you mean"
                + " 'always'? (now: always [madvise] never)");
    replay("--set", "transparent_hugepage/enabled")
        .refused(
            "efolio replay: 'transparent_hugepage/enabled' is no setting: write KEY=VALUE, as"
                + " transparent_hugepage/enabled=always");
  }

  @Test
  void onlyTheGenerationThatIsThere() {
    replay("--generation", "6.18").done();
    replay("--generation", "4.5").refused("efolio replay: --generation 4.5: only 6.18 is there");
  }
}
