package dev.elephantfolio.cli;

import static org.junit.jupiter.api.Assertions.assertEquals;
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

/** {@code efolio compare} and {@code efolio advise}. */
final class CompareCommandTest {
  @TempDir private Path directory;
  private Path recording = Path.of("");

  @BeforeEach
  void record() throws IOException {
    recording = SmallRecording.write(directory.resolve("small.eft"));
  }

  private Efolio run(String command, String... options) {
    List<String> words = new ArrayList<>(List.of(command, recording.toString()));
    words.addAll(List.of(options));
    return Efolio.run(words.toArray(String[]::new));
  }

  private List<String> policies(String... options) throws IOException {
    List<String> words = new ArrayList<>(List.of(options));
    words.add("--json");
    Efolio ran = run("compare", words.toArray(String[]::new)).done();
    assertEquals("", ran.err());
    List<String> names = new ArrayList<>();
    for (JsonNode policy : new ObjectMapper().readTree(ran.out()).get("policies")) {
      names.add(policy.get("name").asText());
    }
    return names;
  }

  private Path policyFile() throws IOException {
    return Files.writeString(
        directory.resolve("own.yaml"),
        """
        thrifty:
          transparent_hugepage/enabled: always
          transparent_hugepage/khugepaged/max_ptes_none: 64
        never:
          transparent_hugepage/enabled: never
        """);
  }

  @Test
  void comparesTheBuiltInPoliciesInATable() {
    Efolio ran = run("compare").done();
    assertTrue(ran.out().contains("never"), ran.out());
    assertTrue(ran.out().contains("mthp-16K+64K+2M"), ran.out());
    assertTrue(ran.out().contains(" MiB*"), ran.out());
    assertEquals("", ran.err());
  }

  @Test
  void comparesWhatIsChosen() throws IOException {
    assertEquals(6, policies().size());
    assertEquals(List.of("always", "never"), policies("--policy", "always", "--policy", "never"));
    String own = policyFile().toString();
    assertEquals(List.of("thrifty", "never"), policies("--policies", own));
    assertEquals(
        List.of("madvise", "thrifty"),
        policies("--policies", own, "--policy", "madvise", "--policy", "thrifty"));
    assertEquals(List.of("never"), policies("--policy", "never", "--policy", "never"));
  }

  @Test
  void settingsHoldUnderEveryPolicyThatDoesNotSayOtherwise() throws IOException {
    Efolio ran =
        run(
                "compare",
                "--json",
                "--set",
                "transparent_hugepage/enabled=always",
                "--policies",
                Files.writeString(
                        directory.resolve("two.yaml"),
                        "as-given:\nnot:\n  transparent_hugepage/enabled: never\n")
                    .toString())
            .done();
    JsonNode policies = new ObjectMapper().readTree(ran.out()).get("policies");
    assertEquals(SmallRecording.MAPPED_BYTES, hugeBytes(policies.get(0)));
    assertEquals(0, hugeBytes(policies.get(1)));
  }

  private static long hugeBytes(JsonNode policy) {
    return policy.get("total").get("peak").get("anonHugePagesBytes").asLong();
  }

  @Test
  void aPolicyThatIsNotThereIsRefused() throws IOException {
    run("compare", "--policy", "alway")
        .refused("efolio compare: no policy 'alway'; did you mean 'always'?");
    run("advise", "--policies", "/no/such.yaml")
        .refused("efolio advise: /no/such.yaml: no such file");
    Path wrong =
        Files.writeString(
            directory.resolve("wrong.yaml"), "a:\n  transparent_hugepage/enabled: alwys\n");
    run("compare", "--policies", wrong.toString())
        .refused(
            "efolio compare: "
                + wrong
                + ":2: transparent_hugepage/enabled does not take 'alwys'; did you mean 'always'?"
                + " (now: always [madvise] never)");
  }

  @Test
  void advisesInASentence() throws IOException {
    Efolio ran = run("advise").done();
    assertTrue(ran.out().contains("\nWithin 10% more memory than never, "), ran.out());
    assertTrue(ran.out().lines().allMatch(line -> line.length() <= 120), ran.out());
    assertEquals("", ran.err());

    JsonNode advice = advice("--memory-budget", "5%");
    assertEquals(0.05, advice.get("memoryBudget").asDouble());
    assertEquals("never", advice.get("baseline").asText());
    assertTrue(advice.get("caveats").size() > 0);
  }

  private JsonNode advice(String... options) throws IOException {
    List<String> words = new ArrayList<>(List.of(options));
    words.add("--json");
    Efolio ran = run("advise", words.toArray(String[]::new)).done();
    return new ObjectMapper().readTree(ran.out()).get("advice");
  }

  @Test
  void aBudgetIsPercent() {
    run("advise", "--memory-budget", "much")
        .refused("efolio advise: --memory-budget takes percent, such as 10, not 'much'");
    run("advise", "--memory-budget=-5")
        .refused("efolio advise: --memory-budget takes percent, such as 10, not '-5'");
  }
}
