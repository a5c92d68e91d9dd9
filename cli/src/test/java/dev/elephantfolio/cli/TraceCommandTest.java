package dev.elephantfolio.cli;

import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertTrue;

import com.fasterxml.jackson.databind.JsonNode;
import com.fasterxml.jackson.databind.ObjectMapper;
import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.List;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;

final class TraceCommandTest {
  @TempDir private Path directory;
  private Path recording = Path.of("");

  @BeforeEach
  void record() throws IOException {
    recording = SmallRecording.write(directory.resolve("small.eft"));
  }

  @Test
  void catPrintsAnEventALine() {
    Efolio ran = Efolio.run("trace", "cat", recording.toString()).done();
    List<String> lines = ran.out().lines().toList();
    assertEquals(SmallRecording.EVENTS, lines.size());
    assertEquals("0.000000000 42/42 EXEC file=\"/bin/toucher\" comm=\"toucher\"", lines.getFirst());
    assertEquals("0.001000000 42/42 TOUCH addr=0x7f0000001000 w", lines.get(3));
    assertEquals("", ran.err());
  }

  @Test
  void infoSaysWhatItHolds() throws IOException {
    Efolio ran = Efolio.run("trace", "info", recording.toString()).done();
    String size = Files.size(recording) < 1024 ? Files.size(recording) + " B" : "KiB";
    assertTrue(ran.out().lines().findFirst().orElse("").endsWith(size), ran.out());
    assertTrue(ran.out().contains("\ncommand          ./toucher\n"), ran.out());
    assertTrue(ran.out().contains("  TOUCH          1,024\n"), ran.out());
    assertTrue(ran.out().contains("       42 toucher "), ran.out());
    assertEquals("", ran.err());
  }

  @Test
  void infoAsJson() throws IOException {
    Efolio ran = Efolio.run("trace", "info", "--json", recording.toString()).done();
    JsonNode json = new ObjectMapper().readTree(ran.out());
    assertEquals(recording.toString(), json.get("file").asText());
    assertEquals(Files.size(recording), json.get("sizeBytes").asLong());
    assertEquals("./toucher", json.get("command").asText());
    assertEquals(SmallRecording.EVENTS, json.get("events").asInt());
    assertEquals(SmallRecording.PAGES, json.get("eventsByKind").get("TOUCH").asInt());
    JsonNode process = json.get("processes").get(0);
    assertEquals(SmallRecording.PID, process.get("pid").asInt());
    assertEquals("toucher", process.get("comm").asText());
    assertEquals(SmallRecording.PAGES, process.get("distinctPages").asInt());
    assertEquals(SmallRecording.MAPPED_BYTES, process.get("mmapBytes").asLong());
    assertEquals("", ran.err());
  }
}
