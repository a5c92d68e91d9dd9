package dev.elephantfolio.conformance;

import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertTrue;

import dev.elephantfolio.engine.Machine;
import dev.elephantfolio.engine.MachineBuilder.ContentsKind;
import dev.elephantfolio.engine.sync.Mutation;
import dev.elephantfolio.lab.scenario.EngineSide;
import dev.elephantfolio.lab.scenario.Scenario;
import dev.elephantfolio.lab.scenario.ScenarioParser;
import dev.elephantfolio.lab.scenario.ScenarioReport.Failure;
import dev.elephantfolio.lab.scenario.ScenarioRunner;
import dev.elephantfolio.lab.scenario.Side;
import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.List;
import java.util.Set;
import java.util.stream.Stream;
import org.junit.jupiter.api.Test;

/** The cases with pins prove something only if an engine that forgets the pins fails them. */
final class PinCasesTest {
  private static final Path CASES = Path.of("cases", "cow-pin");
  private static final int KINDS_OF_MEMORY = 10;

  private static List<Path> files(String kind) throws IOException {
    try (Stream<Path> all = Files.list(CASES)) {
      return all.filter(file -> file.toString().endsWith("-" + kind + ".efs")).sorted().toList();
    }
  }

  private static List<Failure> failuresOfAForkThatForgetsPins(Path file) {
    Machine broken =
        Machine.builder()
            .memoryBytes(256 << 20)
            .contents(ContentsKind.BYTES)
            .without(Set.of(Mutation.NO_EXCLUSIVE_CHECK_AT_FORK))
            .build();
    Scenario scenario = ScenarioParser.read(file);
    try (Side side = EngineSide.on(broken)) {
      return ScenarioRunner.run(scenario, side).failures();
    }
  }

  /** The buffer is left with a page that its owner does not see any more. */
  @Test
  void aForkThatSharesPinnedPagesFailsEveryRegisteredBuffer() throws IOException {
    List<Path> files = files("fixed-buffer");
    assertEquals(KINDS_OF_MEMORY, files.size());
    for (Path file : files) {
      List<Failure> failures = failuresOfAForkThatForgetsPins(file);
      assertTrue(
          failures.stream().anyMatch(failure -> failure.where().contains(" of P1")),
          file + ": " + failures);
    }
  }

  /** What is in a pipe is no pin, and what was shared before it was pinned is none of fork's. */
  @Test
  void theOtherCasesHaveNoPinsAtFork() throws IOException {
    for (String kind : List.of("vmsplice", "read-pin")) {
      List<Path> files = files(kind);
      assertEquals(KINDS_OF_MEMORY, files.size(), kind);
      for (Path file : files) {
        assertEquals(List.of(), failuresOfAForkThatForgetsPins(file), file.toString());
      }
    }
  }
}
