package dev.elephantfolio.cli;

import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertFalse;
import static org.junit.jupiter.api.Assertions.assertTrue;

import com.fasterxml.jackson.databind.JsonNode;
import com.fasterxml.jackson.databind.ObjectMapper;
import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;

/** {@code efolio record} and {@code efolio measure}, on the kernel that runs the tests. */
final class LiveCommandsTest {
  @TempDir private Path directory;

  @Test
  void recordsACommand() {
    Need.perf();
    Path recording = directory.resolve("true.eft");
    Efolio ran = Efolio.run("record", "-o", recording.toString(), "--", "true").done();
    assertTrue(ran.err().startsWith("efolio record: " + recording + ": "), ran.err());
    assertEquals("", ran.out());
    String info = Efolio.run("trace", "info", recording.toString()).done().out();
    assertTrue(info.contains("\ncommand          true\n"), info);
  }

  @Test
  void recordsACommandThatFailsAndSaysSo() {
    Need.perf();
    Path recording = directory.resolve("exit.eft");
    // Options behind the program's name are the program's, with or without --.
    Efolio ran = Efolio.run("record", "-o", recording.toString(), "sh", "-c", "exit 7");
    assertEquals(1, ran.exitCode());
    assertTrue(ran.err().endsWith("efolio record: sh ended with exit code 7\n"), ran.err());
    assertTrue(Files.exists(recording));
  }

  @Test
  void refusesToRecordWhatIsNotThere() {
    Need.perf();
    Efolio.run("record", "-o", directory.resolve("x.eft").toString(), "--", "no-such-program")
        .refused("efolio record: no-such-program: no such command");
    assertFalse(Files.exists(directory.resolve("x.eft")));
  }

  @Test
  void refusesARecordingThatCannotBeWrittenBeforeTheCommandRuns() {
    Path trace = directory.resolve("ran");
    Efolio.run("record", "-o", "/no/such/x.eft", "--", "touch", trace.toString())
        .refused(
            "efolio record: /no/such/x.eft: cannot be written: there is no directory /no/such");
    assertFalse(Files.exists(trace));
  }

  @Test
  void measuresACommand() throws IOException {
    Path truth = directory.resolve("out.json");
    Efolio ran = Efolio.run("measure", "-o", truth.toString(), "--", "sleep", "0.2").done();
    assertTrue(ran.err().startsWith("efolio measure: " + truth + ": "), ran.err());
    assertEquals("", ran.out());
    JsonNode json = new ObjectMapper().readTree(truth.toFile());
    assertEquals("sleep", json.get("name").asText());
    assertEquals(1, json.get("modes").size());
  }

  @Test
  void measuresACommandThatASignalEndsAndSaysSo() {
    Path truth = directory.resolve("out.json");
    Efolio ran = Efolio.run("measure", "-o", truth.toString(), "sh", "-c", "kill -TERM $$");
    assertEquals(1, ran.exitCode());
    assertTrue(
        ran.err().endsWith("efolio measure: sh ended with exit code 143 (signal 15)\n"), ran.err());
  }

  @Test
  void refusesAMeasurementBeforeTheCommandRuns() {
    Path trace = directory.resolve("ran");
    Efolio.run("measure", "-o", "/no/such/x.json", "--", "touch", trace.toString())
        .refused(
            "efolio measure: /no/such/x.json: cannot be written: there is no directory /no/such");
    Efolio.run("measure", "-o", "x.json", "--set", "nonsense", "--", "touch", trace.toString())
        .refused(
            "efolio measure: 'nonsense' is no setting: write KEY=VALUE, as"
                + " transparent_hugepage/enabled=always");
    assertFalse(Files.exists(trace));
  }
}
