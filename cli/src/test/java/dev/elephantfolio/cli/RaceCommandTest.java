package dev.elephantfolio.cli;

import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertTrue;

import com.fasterxml.jackson.databind.JsonNode;
import com.fasterxml.jackson.databind.ObjectMapper;
import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.List;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;

class RaceCommandTest {
  private static final String RACE = "gup-fast-vs-munmap";
  private static final String MUTATION = "NO_RECHECK_AFTER_GUP_FAST";

  private static JsonNode json(Efolio run) throws IOException {
    return new ObjectMapper().readTree(run.out());
  }

  @Test
  void theListNamesEachRaceAndWhatItNotices() throws IOException {
    String list = Efolio.run("race", "--list").done().out();
    assertTrue(list.contains(RACE + "\n    who holds"), list);
    assertTrue(list.contains("    notices " + MUTATION + "\n"), list);
    JsonNode races = json(Efolio.run("race", "--list", "--json").done()).get("races");
    assertEquals(RACE, races.get(0).get("name").asText());
    assertEquals(MUTATION, races.get(0).get("mustCatch").get(0).asText());
  }

  @Test
  void aRaceThatHoldsSaysHowMuchWasRun() {
    assertEquals(
        "fork-vs-pin: 30 schedules by random priorities from seed 7, 3 changes; none failed\n",
        Efolio.run("race", "fork-vs-pin", "--schedules", "30", "--seed", "7").done().out());
    assertEquals(
        "fork-vs-pin: 20 schedules at random from seed 1; none failed\n",
        Efolio.run("race", "fork-vs-pin", "--schedules", "20", "--strategy", "random")
            .done()
            .out());
    String all = Efolio.run("race", "fork-vs-pin", "--exhaustive").done().out();
    assertTrue(
        all.matches(
            "fork-vs-pin: [0-9]+ schedules through [0-9]+ states: all there are; none failed\n"),
        all);
    String bound =
        Efolio.run("race", "fork-vs-pin", "--exhaustive", "--preemptions", "1").done().out();
    assertTrue(bound.contains(": all with at most 1 preemption; none failed"), bound);
  }

  @Test
  void aRaceThatFailsIsToldAndRunAgain() {
    Efolio failed = Efolio.run("race", RACE, "--mutate", "no-recheck-after-gup-fast");
    assertEquals(1, failed.exitCode(), failed.err());
    List<String> lines = failed.out().lines().toList();
    assertTrue(lines.getFirst().startsWith("GUP "), failed.out());
    assertTrue(lines.getFirst().endsWith(" MUNMAP"), failed.out());
    assertTrue(failed.out().contains("try_get folio "), failed.out());
    List<String> again =
        lines.stream()
            .filter(line -> line.startsWith("again: efolio "))
            .map(line -> line.substring("again: efolio ".length()))
            .toList();
    assertEquals(2, again.size(), failed.out());
    for (String command : again) {
      Efolio once = Efolio.run(command.split(" ", -1));
      assertEquals(1, once.exitCode(), command);
      assertTrue(
          once.out().endsWith("=> task gup failed: the page that is held: expected 7, found 9\n")
              || once.out().contains("; the last one failed\n"),
          once.out());
    }
  }

  @Test
  void aScheduleThatHoldsIsToldToo() throws IOException {
    Efolio story = Efolio.run("race", "fork-vs-pin", "--schedule", "0,1").done();
    assertTrue(story.out().startsWith("FORK "), story.out());
    JsonNode json = json(Efolio.run("race", "fork-vs-pin", "--schedule", "1,0", "--json").done());
    assertEquals("fork", json.get("tasks").get(0).asText());
    assertEquals(1, json.get("lines").get(0).get("task").asInt());
  }

  @Test
  void allRacesAreRun() throws IOException {
    String table = Efolio.run("race", "--all", "--schedules", "1").done().out();
    List<String> lines = table.lines().toList();
    JsonNode list = json(Efolio.run("race", "--list", "--json").done()).get("races");
    assertEquals(list.size() + 2, lines.size(), table);
    assertTrue(lines.get(1).startsWith(RACE + " "), table);
    assertEquals(
        list.size() + " races, " + list.size() + " schedules; none failed", lines.getLast());
  }

  @Test
  void jsonSaysTheSame() throws IOException {
    JsonNode holds = json(Efolio.run("race", "fork-vs-pin", "--schedules", "10", "--json").done());
    assertTrue(holds.get("ok").asBoolean());
    assertEquals("pct", holds.get("strategy").asText());
    assertEquals(10, holds.get("schedules").asLong());
    Efolio failed = Efolio.run("race", RACE, "--mutate", MUTATION, "--exhaustive", "--json");
    assertEquals(1, failed.exitCode(), failed.err());
    JsonNode json = json(failed);
    assertEquals(MUTATION, json.get("without").get(0).asText());
    assertEquals(1, json.get("failure").get("again").size());
    assertTrue(json.get("failure").get("story").get("lines").size() > 5);
    assertTrue(json.get("failure").get("message").asText().contains("the page that is held"));
  }

  @Test
  void aScenarioIsARace(@TempDir Path directory) throws IOException {
    Path file = directory.resolve("two.efs");
    Files.writeString(
        file,
        """
        machine memory=32M
        process A
        A mmap a 4K
        A write a 4K 7
        A fork B
        snapshot race
        A write a 4K 8
        B read a 4K 7
        """);
    String out = Efolio.run("race", file.toString(), "--schedules", "20").done().out();
    assertTrue(out.startsWith(file + ": 20 schedules "), out);
    Files.writeString(file, "process A\n");
    Efolio.run("race", file.toString())
        .refused(
            "efolio race: "
                + file
                + ": no line 'snapshot race': what follows it, up to the next expect or snapshot,"
                + " is run side by side");
  }

  @Test
  void badUseIsRefused() {
    Efolio.run("race")
        .refused("efolio race: which race? 'efolio race --list' names those that there are");
    Efolio.run("race", "gup-fast-vs-mumap")
        .refused(
            "efolio race: no race and no file 'gup-fast-vs-mumap'; did you mean"
                + " 'gup-fast-vs-munmap'?; 'efolio race --list' names those that there are");
    Efolio unknown = Efolio.run("race", RACE, "--mutate", "NO_FREEZE_ON_SPLT");
    assertEquals(2, unknown.exitCode());
    assertTrue(
        unknown
            .err()
            .startsWith(
                "efolio race: no protection 'NO_FREEZE_ON_SPLT'; did you mean"
                    + " 'NO_FREEZE_ON_SPLIT'?; those that there are: NO_RECHECK_AFTER_GUP_FAST, "),
        unknown.err());
    Efolio.run("race", RACE, "--schedule", "2,0")
        .refused("efolio race: --schedule: no task 2: the race has 2, numbered from 0");
    Efolio.run("race", "--all", RACE)
        .refused("efolio race: --all takes neither a race nor --schedule");
    Efolio.run("race", RACE, "--schedules", "0")
        .refused("efolio race: --schedules 0: it takes at least 1");
    Efolio.run("race", RACE, "--strategy", "luck")
        .refused("efolio race: --strategy takes random, pct or exhaustive, not 'luck'");
    Efolio.run("race", RACE, "--strategy", "pct", "--exhaustive")
        .refused("efolio race: --exhaustive and --strategy pct exclude each other");
    Efolio.run("race", RACE, "--preemptions", "1")
        .refused("efolio race: --preemptions takes 0 or more, and goes with --exhaustive only");
    Efolio.run("race", RACE, "--schedule", "0:")
        .refused(
            "efolio race: --schedule: a schedule reads like 0:17,1:5,0,1 (task:points, or task"
                + " alone), not '0:'");
  }
}
