package dev.elephantfolio.lab.policy;

import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertThrows;

import dev.elephantfolio.lab.LabException;
import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.List;
import java.util.Map;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;

final class PolicyFileTest {
  private static final String ENABLED = "transparent_hugepage/enabled";

  @TempDir private Path directory;

  private Path file(String text) throws IOException {
    return Files.writeString(directory.resolve("p.yaml"), text);
  }

  private String refusal(String text) throws IOException {
    Path file = file(text);
    String message = assertThrows(LabException.class, () -> PolicyFile.read(file)).getMessage();
    assertEquals(1, message.lines().count(), message);
    return message.replace(directory + "/", "");
  }

  @Test
  void readsPoliciesInTheirOrder() throws IOException {
    Path file =
        file(
            """
            # two
            thrifty:
              transparent_hugepage/enabled: always
              transparent_hugepage/khugepaged/max_ptes_none: 64
            "as it is":
            """);
    assertEquals(
        List.of(
            new Policy(
                "thrifty",
                Map.of(ENABLED, "always", "transparent_hugepage/khugepaged/max_ptes_none", "64")),
            new Policy("as it is", Map.of())),
        PolicyFile.read(file));
  }

  @Test
  void tellsFileAndLineOfWhatIsWrong() throws IOException {
    assertEquals(
        "p.yaml:3: no setting 'transparent_hugepage/enabeld'; did you mean"
            + " 'transparent_hugepage/enabled'?",
        refusal("a:\n  " + ENABLED + ": never\n  transparent_hugepage/enabeld: never\n"));
    assertEquals(
        "p.yaml:2: transparent_hugepage/enabled does not take 'alway'; did you mean 'always'?"
            + " (now: always [madvise] never)",
        refusal("a:\n  " + ENABLED + ": alway\n"));
    assertEquals(
        "p.yaml:3: 'a' has transparent_hugepage/enabled already",
        refusal("a:\n  " + ENABLED + ": never\n  " + ENABLED + ": always\n"));
    assertEquals(
        "p.yaml:3: there is a policy 'a' already",
        refusal("a:\n  " + ENABLED + ": never\na:\n  " + ENABLED + ": never\n"));
    assertEquals("p.yaml:1: expected the settings of 'a', as KEY: VALUE", refusal("a: always\n"));
    assertEquals(
        "p.yaml:2: expected a value for transparent_hugepage/enabled",
        refusal("a:\n  " + ENABLED + ": [always]\n"));
    assertEquals("p.yaml:1: expected a policy's name and a colon", refusal("- a\n- b\n"));
    assertEquals("p.yaml: holds no policy", refusal(""));
    assertEquals("p.yaml: holds no policy", refusal("{}\n"));
  }

  @Test
  void tellsOfWhatIsNoYaml() throws IOException {
    String message = refusal("a:\n  b: 'c\n");
    assertEquals("p.yaml:", message.substring(0, 7));
    assertEquals(true, message.contains("not YAML"), message);
    Files.write(directory.resolve("image"), new byte[] {(byte) 0xff, (byte) 0xd8, 0, 1, 2});
    assertEquals(
        directory + "/image: cannot be read: it is no text",
        assertThrows(LabException.class, () -> PolicyFile.read(directory.resolve("image")))
            .getMessage());
    assertEquals(
        directory + "/none: no such file",
        assertThrows(LabException.class, () -> PolicyFile.read(directory.resolve("none")))
            .getMessage());
  }

  @Test
  void policiesAreFoundByName() {
    List<Policy> all = Policies.builtIn();
    assertEquals(List.of(all.get(2), all.get(0)), Policies.named(List.of("always", "never"), all));
    assertEquals(
        "no policy 'allways'; did you mean 'always'?",
        assertThrows(LabException.class, () -> Policies.named(List.of("allways"), all))
            .getMessage());
  }

  @Test
  void machinesTakeTheBuiltInPolicies() {
    Policies.builtIn().forEach(Policy::check);
  }
}
