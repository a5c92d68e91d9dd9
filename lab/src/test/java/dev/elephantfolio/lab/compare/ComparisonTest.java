package dev.elephantfolio.lab.compare;

import static dev.elephantfolio.lab.replay.Story.HUGE;
import static dev.elephantfolio.lab.replay.Story.PAGE;
import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertThrows;
import static org.junit.jupiter.api.Assertions.assertTrue;

import com.fasterxml.jackson.databind.JsonNode;
import dev.elephantfolio.engine.SettingException;
import dev.elephantfolio.lab.policy.Policies;
import dev.elephantfolio.lab.policy.Policy;
import dev.elephantfolio.lab.replay.ReplayOptions;
import dev.elephantfolio.lab.replay.Story;
import dev.elephantfolio.trace.RecordingReader;
import java.io.IOException;
import java.nio.file.Path;
import java.util.List;
import java.util.Map;
import java.util.concurrent.atomic.AtomicLong;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;

final class ComparisonTest {
  private static final long PLACE = 0x7f00_0000_0000L;

  @TempDir private Path directory;

  private Comparison compare(Path recording, List<Policy> policies) throws IOException {
    return new Comparer(recording, RecordingReader.Mode.STRICT, ReplayOptions.with(Map.of()))
        .compare(policies, _ -> {});
  }

  /** A program that fills what it maps: huge pages cost it nothing. */
  private Path dense() {
    return Story.of(directory).mmap(PLACE, 8 * HUGE).fill(PLACE, 8 * HUGE).after(120).exit().end();
  }

  /** A program that touches one page in each 2 MiB. */
  private Path sparse() {
    Story story = Story.of(directory).mmap(PLACE, 8 * HUGE);
    for (int i = 0; i < 8; i++) {
      story.write(PLACE + i * HUGE);
    }
    return story.after(120).exit().end();
  }

  private static ComparisonRow row(Comparison comparison, String id) {
    return comparison.rows().stream().filter(row -> row.id().equals(id)).findFirst().orElseThrow();
  }

  @Test
  void everyPolicyHasItsColumnAndTheBestAreMarked() throws IOException {
    Comparison comparison = compare(sparse(), Policies.builtIn());
    assertEquals(
        List.of(8.0 * PAGE, 8.0 * PAGE, 8.0 * HUGE, 8.0 * HUGE, 8.0 * 65536, 8.0 * HUGE),
        row(comparison, "peakAnonymousBytes").values());
    assertEquals(List.of(0, 1), row(comparison, "peakAnonymousBytes").best());
    assertEquals(List.of(2, 3, 5), row(comparison, "hugeCoverageAtPeak").best());
    assertEquals(List.of(), row(comparison, "faults").best());

    List<String> lines = ComparisonTable.of(comparison).lines().toList();
    assertEquals("never", lines.get(2).strip().split(" +")[0]);
    assertTrue(lines.stream().allMatch(line -> line.length() <= 120), lines.toString());
    assertTrue(
        lines.stream()
            .anyMatch(l -> l.matches("anonymous, peak +32 KiB\\* +32 KiB\\* +16.0 MiB .*")),
        lines.toString());
  }

  @Test
  void jsonHoldsEveryReportAndTheRows() throws IOException {
    JsonNode json = ComparisonJson.of(compare(dense(), Policies.builtIn()));
    assertEquals(6, json.get("policies").size());
    JsonNode always = json.get("policies").get(2);
    assertEquals("always", always.get("name").asText());
    assertEquals(
        8 * HUGE, always.at("/processes/0/peak/anonHugePagesBytes").asLong(), always.toString());
    assertEquals(8 * HUGE, always.at("/total/peak/anonymousBytes").asLong());
    assertEquals(8, always.at("/vmstat/thp_fault_alloc").asLong());
    JsonNode faults = null;
    for (JsonNode row : json.get("rows")) {
      faults = row.get("id").asText().equals("faults") ? row : faults;
    }
    assertEquals(
        "[4096,4096,8,8,256,8]", String.valueOf(faults == null ? "" : faults.get("values")));
  }

  @Test
  void settingsGivenHoldUnderEveryPolicy() throws IOException {
    ReplayOptions options =
        ReplayOptions.with(
            Map.of(
                "transparent_hugepage/enabled", "always",
                "transparent_hugepage/hugepages-2048kB/enabled", "never"));
    Comparison comparison =
        new Comparer(dense(), RecordingReader.Mode.STRICT, options)
            .compare(Policies.named(List.of("never", "always"), Policies.builtIn()), _ -> {});
    assertEquals(List.of(0.0, 0.0), row(comparison, "hugeFaults").values());
    assertEquals(
        "never",
        comparison.outcomes().get(0).policy().settings().get("transparent_hugepage/enabled"));
  }

  @Test
  void progressAddsUpOverAllReplays() throws IOException {
    AtomicLong last = new AtomicLong();
    Path recording = dense();
    Comparison comparison =
        new Comparer(recording, RecordingReader.Mode.STRICT, ReplayOptions.with(Map.of()))
            .compare(Policies.builtIn(), events -> last.accumulateAndGet(events, Math::max));
    assertEquals(6 * comparison.anyReport().counts().events(), last.get());
  }

  @Test
  void whatIsWrongInOneReplayComesOut() {
    Path recording = dense();
    Policy wrong = new Policy("wrong", Map.of("transparent_hugepage/enabled", "perhaps"));
    assertThrows(
        SettingException.class, () -> compare(recording, List.of(Policies.never(), wrong)));
    assertThrows(
        IOException.class, () -> compare(directory.resolve("none.eft"), Policies.builtIn()));
  }

  @Test
  void adviceIsForHugePagesWhereTheyCostNothing() throws IOException {
    Advice advice = Adviser.advise(compare(dense(), Policies.builtIn()), 0.1);
    assertEquals("always", advice.policy());
    assertTrue(
        advice.sentence().startsWith("Within 10% more memory than never, always does best:"));
    assertTrue(advice.sentence().contains("fewer page faults"), advice.sentence());
    assertEquals(4, advice.caveats().size());
    assertEquals("always", ComparisonJson.of(advice).at("/advice/policy").asText());
  }

  @Test
  void adviceKeepsToTheMemoryBudget() throws IOException {
    Comparison comparison = compare(sparse(), Policies.builtIn());
    Advice thrifty = Adviser.advise(comparison, 0.1);
    assertEquals("never", thrifty.policy());
    assertTrue(
        thrifty.sentence().contains("Beyond that, always would give 100%"), thrifty.sentence());
    assertEquals("always", Adviser.advise(comparison, 1000).policy());
  }

  @Test
  void adviceSaysWhenNothingIsGained() throws IOException {
    Path recording = Story.of(directory).mmap(PLACE, PAGE).write(PLACE).after(120).exit().end();
    Advice advice = Adviser.advise(compare(recording, Policies.builtIn()), 0.1);
    assertEquals("never", advice.policy());
    assertTrue(advice.sentence().startsWith("None of these policies does anything"));
  }

  @Test
  void adviceNeedsSomethingToCompareWith() throws IOException {
    List<Policy> always = Policies.named(List.of("always"), Policies.builtIn());
    assertEquals(
        List.of("never", "always"),
        Adviser.withBaseline(always).stream().map(Policy::name).toList());
    assertEquals(Policies.builtIn(), Adviser.withBaseline(Policies.builtIn()));
    Comparison without = compare(dense(), always);
    assertThrows(IllegalArgumentException.class, () -> Adviser.advise(without, 0.1));
  }
}
