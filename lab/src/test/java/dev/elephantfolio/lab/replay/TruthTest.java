package dev.elephantfolio.lab.replay;

import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertFalse;

import dev.elephantfolio.linux.measure.Truth;
import dev.elephantfolio.linux.measure.TruthFile;
import java.net.URISyntaxException;
import java.net.URL;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.Comparator;
import java.util.HashMap;
import java.util.List;
import java.util.Map;
import java.util.Objects;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.ValueSource;

/**
 * Recordings that were made with huge pages off, replayed, against what the live kernel did with
 * the same programs. Prints the rows of {@code docs/fidelity.md}.
 */
final class TruthTest {
  private static final long MIB = 1 << 20;
  private static final long LARGE_BYTES = 4 * MIB;
  private static final long TOLERANCE_BYTES = 4 * MIB;
  private static final double TOLERANCE_SHARE = 0.02;

  /** One figure of one process: what the kernel did and what the replay says. */
  private record Finding(
      String mode, String comm, String figure, long truthBytes, long replayBytes, long exactBytes) {
    long toleranceBytes() {
      return Math.max(TOLERANCE_BYTES, (long) (truthBytes * TOLERANCE_SHARE));
    }

    boolean agrees() {
      return Math.abs(replayBytes - truthBytes) <= toleranceBytes();
    }

    String row(String program) {
      return String.format(
          "| %s | %s | %s | %s | %,d | %,d | %+,d | %,d |",
          program,
          mode,
          comm,
          figure,
          truthBytes / 1024,
          replayBytes / 1024,
          (replayBytes - truthBytes) / 1024,
          exactBytes / 1024);
    }
  }

  @ParameterizedTest
  @ValueSource(strings = {"jvm-threads", "redis", "sqlite"})
  void replayAgreesWithTheKernel(String program) throws URISyntaxException {
    Truth truth = TruthFile.read(resource(program + ".truth.json.gz"));
    Path recording = Path.of("..", "examples", program + ".eft");
    List<Finding> findings = new ArrayList<>();
    for (String mode : List.of("never", "madvise", "always")) {
      ReplayReport report = Story.replay(recording, Map.of("transparent_hugepage/enabled", mode));
      assertEquals(0, report.counts().refusedCalls(), mode);
      Truth.Mode seen = Objects.requireNonNull(truth.modes().get(mode));
      findings.addAll(compare(mode, seen, report));
    }
    findings.forEach(finding -> System.out.println(finding.row(program)));
    assertFalse(findings.isEmpty());
    assertEquals(List.of(), findings.stream().filter(f -> !f.agrees()).toList());
  }

  private static Path resource(String name) throws URISyntaxException {
    URL url = Objects.requireNonNull(TruthTest.class.getResource("/" + name), name);
    return Path.of(url.toURI());
  }

  /** Pids differ from run to run: processes of one name are matched by their size. */
  private static List<Finding> compare(String mode, Truth.Mode seen, ReplayReport report) {
    Map<String, List<ProcessReport>> replayed = new HashMap<>();
    for (ProcessReport process : ReplayText.largest(report.processes())) {
      replayed.computeIfAbsent(process.comm(), _ -> new ArrayList<>()).add(process);
    }
    List<Finding> findings = new ArrayList<>();
    for (Truth.Peak peak : largest(seen)) {
      String comm = peak.comms().getLast();
      List<ProcessReport> sameName = replayed.getOrDefault(comm, List.of());
      assertFalse(sameName.isEmpty(), mode + ": no process " + comm + " in the replay");
      findings.addAll(findings(mode, comm, peak, sameName.removeFirst()));
    }
    return findings;
  }

  private static List<Finding> findings(
      String mode, String comm, Truth.Peak truth, ProcessReport replayed) {
    return List.of(
        new Finding(
            mode,
            comm,
            "Anonymous",
            truth.anonymousBytes(),
            replayed.peak().anonymousBytes(),
            replayed.exactPeak().anonymousBytes()),
        new Finding(
            mode,
            comm,
            "AnonHugePages",
            truth.anonHugePagesBytes(),
            replayed.peak().anonHugePagesBytes(),
            replayed.exactPeak().anonHugePagesBytes()));
  }

  private static List<Truth.Peak> largest(Truth.Mode seen) {
    return seen.peaks().values().stream()
        .filter(peak -> peak.anonymousBytes() >= LARGE_BYTES)
        .sorted(Comparator.comparingLong(Truth.Peak::anonymousBytes).reversed())
        .toList();
  }
}
