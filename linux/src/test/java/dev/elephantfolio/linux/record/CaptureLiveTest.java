package dev.elephantfolio.linux.record;

import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertFalse;
import static org.junit.jupiter.api.Assertions.assertThrows;
import static org.junit.jupiter.api.Assertions.assertTrue;

import dev.elephantfolio.linux.LinuxException;
import dev.elephantfolio.linux.Need;
import dev.elephantfolio.linux.command.Command;
import dev.elephantfolio.linux.libc.LibC;
import dev.elephantfolio.trace.RecordedRegion;
import dev.elephantfolio.trace.RegionKind;
import dev.elephantfolio.trace.perf.ExecMaps;
import java.io.IOException;
import java.nio.charset.StandardCharsets;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.List;
import java.util.Optional;
import java.util.regex.Pattern;
import java.util.stream.Stream;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;

/** perf on the running kernel, up to the text that is imported. */
class CaptureLiveTest {
  /** The kernel tells of a loss with the next event that finds room, so there are pauses. */
  private static final String[] SLOW_AND_FAST = {
    "touch", "64", "hold", "50", "touch", "64", "hold", "50", "touch", "64", "hold", "50", "touch",
    "64", "hold", "50", "touch", "64", "hold", "50", "exit", "3"
  };

  @TempDir Path root;
  private Path program = Path.of("pages");

  @BeforeEach
  void compile() throws Exception {
    Need.root();
    Need.perf();
    program = Need.compiled("pages.c", root);
  }

  @Test
  void everyPageAndCallIsThere() throws IOException {
    List<String> lines = record("touch", "2", "unmap", "1", "exit", "3");
    assertTrue(lines.getFirst().contains(": PERF_RECORD_COMM exec: pages:"), lines.getFirst());
    for (int page = 0; page < 512; page++) {
      String fault =
          "page_fault_user: address=0x" + Long.toHexString(0x100000000000L + page * 4096L);
      assertEquals(1, count(lines, Pattern.quote(fault) + " "), fault);
    }
    assertEquals(1, count(lines, "sys_enter_mmap: addr: 0x100000000000, len: 0x04000000"));
    assertEquals(1, count(lines, "sys_exit_mmap: 0x100000000000"));
    assertEquals(1, count(lines, "sys_enter_munmap: addr: 0x100000000000, len: 0x00100000"));
    assertEquals(1, count(lines, "sys_enter_exit_group: error_code: 0x00000003"));
    assertEquals(1, count(lines, "sched_process_exit: comm=pages"));
    assertTrue(lines.getLast().contains("PERF_RECORD_EXIT"), lines.getLast());
  }

  /** All of it, code or not, as the program itself sees it, though no call tells of it. */
  @Test
  void mapsAreCapturedAtExec() throws IOException {
    Path seen = root.resolve("maps");
    List<String> show = List.of("sh", "-c", "cat /proc/self/maps > " + seen + "; exit 3");
    Captured captured = record(PerfSession.bufferBytes(), show);
    int pid = captured.pidOf("cat");
    List<RecordedRegion> regions = captured.maps().at(pid, 0, "cat", "");
    List<String> own =
        Files.readAllLines(seen).stream().filter(line -> line.contains("/cat")).toList();
    assertEquals(4, kinds(regions, RegionKind.FILE, "/cat"));
    for (String line : own) {
      long start = Long.parseLong(line.substring(0, line.indexOf('-')), 16);
      assertTrue(
          regions.stream()
              .filter(region -> region.name().endsWith("/cat"))
              .anyMatch(region -> start >= region.start() && start < region.end()),
          () -> line + " is not in " + regions);
    }
    assertEquals(1, kinds(regions, RegionKind.STACK, ""));
    assertEquals(1, kinds(regions, RegionKind.HEAP, ""));
    assertEquals(1, kinds(regions, RegionKind.SPECIAL, "[vdso]"));
    assertEquals(0x555555554000L, regions.getFirst().start(), "where it always is");
  }

  private static long kinds(List<RecordedRegion> regions, RegionKind kind, String name) {
    return regions.stream()
        .filter(region -> region.kind() == kind && region.name().endsWith(name))
        .count();
  }

  @Test
  void nothingOfOursStays() throws IOException {
    boolean disabled = LibC.hugePagesDisabled();
    long personality = LibC.personality();
    List<String> _ = record("exit", "3");
    assertEquals(disabled, LibC.hugePagesDisabled());
    assertEquals(personality, LibC.personality());
    try (Stream<Path> left = Files.list(root)) {
      assertFalse(left.anyMatch(path -> path.toString().contains("efolio-record-")));
    }
  }

  @Test
  void recordingsOfKilledRunsAreRemoved() throws IOException {
    Path leftover = Files.createDirectory(root.resolve("efolio-record-999999999-x"));
    Files.writeString(leftover.resolve("perf.data"), "x");
    Path living = Files.createDirectory(root.resolve("efolio-record-1-x"));
    TemporaryDirectory.make(root).close();
    assertFalse(Files.exists(leftover));
    assertTrue(Files.exists(living));
  }

  @Test
  void perfsComplaintIsPassedOn() throws IOException {
    Command command = Command.of(List.of("true"));
    try (TemporaryDirectory directory = TemporaryDirectory.make(root)) {
      String message =
          assertThrows(
                  LinuxException.class,
                  () -> Capture.run(command, List.of("sched:no_such_event"), directory))
              .getMessage();
      assertTrue(message.startsWith("perf does not start: "), message);
      assertTrue(message.contains("no_such_event"), message);
    }
  }

  @Test
  void lostEventsAreCounted() throws IOException {
    List<String> lines = record(4096, command(SLOW_AND_FAST)).lines();
    assertTrue(count(lines, "PERF_RECORD_LOST(_SAMPLES)? lost [1-9]") > 0);
    assertTrue(count(lines, "page_fault_user") < 5 * 16384);
  }

  private record Captured(List<String> lines, ExecMaps maps) {
    int pidOf(String comm) {
      Pattern exec = Pattern.compile("COMM exec: " + comm + ":([0-9]+)/");
      return lines.stream()
          .flatMap(line -> exec.matcher(line).results())
          .map(found -> Integer.valueOf(found.group(1)))
          .findFirst()
          .orElseThrow();
    }
  }

  private List<String> record(String... does) throws IOException {
    return record(PerfSession.bufferBytes(), command(does)).lines();
  }

  private List<String> command(String... does) {
    return Stream.concat(Stream.of(program.toString()), Stream.of(does)).toList();
  }

  private Captured record(long bufferBytes, List<String> words) throws IOException {
    try (TemporaryDirectory directory = TemporaryDirectory.make(root)) {
      Capture capture =
          Capture.run(Command.of(words), Tracepoints.available(), directory, bufferBytes);
      assertEquals(3, capture.exitCode());
      assertEquals(Optional.empty(), capture.complaint());
      try (PerfScript script = PerfScript.print(capture, directory)) {
        assertTrue(script.text().begin());
        String text = new String(script.text().readAllBytes(), StandardCharsets.UTF_8);
        return new Captured(text.lines().toList(), script.maps());
      }
    }
  }

  private static long count(List<String> lines, String pattern) {
    Pattern wanted = Pattern.compile(pattern);
    return lines.stream().filter(line -> wanted.matcher(line).find()).count();
  }
}
