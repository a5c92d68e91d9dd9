package dev.elephantfolio.linux.proc;

import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertFalse;
import static org.junit.jupiter.api.Assertions.assertTrue;

import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import java.util.TreeSet;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;

class ProcFsTest {
  private static final String ROLLUP =
      """
      555555554000-7ffffffff000 ---p 00000000 00:00 0                          [rollup]
      Rss:              191120 kB
      Pss:              189493 kB
      Shared_Dirty:          4 kB
      Private_Dirty:    181628 kB
      Anonymous:        181632 kB
      AnonHugePages:    157696 kB
      """;

  @TempDir Path root;

  @BeforeEach
  void oneProcess() throws IOException {
    write("70/smaps_rollup", ROLLUP);
    write("70/stat", "70 (a) b (c) S 7 8 9 34816 8 4194304 4246 1 2 3 10 20 0 0");
    write("70/status", "Name:\tabc\nTHP_enabled:\t0\nThreads:\t1\n");
    write("8/stat", "");
    write("vmstat", "nr_free_pages 100\nthp_fault_alloc 5\npgfault 12\n");
    write("meminfo", "MemTotal:  200 kB\nMemAvailable:     100 kB\n");
    write("sys/kernel/osrelease", "6.18.1\n");
  }

  @Test
  void rollupIsInBytes() throws IOException {
    SmapsRollup memory = proc().smapsRollup(70).orElseThrow();
    assertEquals(191120L * 1024, memory.rssBytes());
    assertEquals(181632L * 1024, memory.anonymousBytes());
    assertEquals(157696L * 1024, memory.anonHugePagesBytes());
    assertEquals(4096, memory.bytes("Shared_Dirty"));
    assertEquals(0, memory.bytes("NoSuchField"));
    assertEquals(6, memory.fieldBytes().size());
  }

  @Test
  void gonePidIsEmpty() throws IOException {
    assertTrue(proc().smapsRollup(9).isEmpty());
    assertTrue(proc().stat(9).isEmpty());
    assertTrue(proc().stat(8).isEmpty(), "a process that died while it was read");
  }

  @Test
  void nameMayHoldBracketsAndBlanks() {
    ProcessStat stat = proc().stat(70).orElseThrow();
    assertEquals(new ProcessStat(70, "a) b (c", 'S', 7, 8, 8, 4246), stat);
    assertFalse(stat.zombie());
  }

  @Test
  void statusField() {
    assertEquals(Optional.of("0"), proc().statusField(70, "THP_enabled"));
    assertEquals(Optional.empty(), proc().statusField(70, "THP"));
  }

  @Test
  void counters() {
    VmStat now = proc().vmStat();
    VmStat earlier = new VmStat(Map.of("pgfault", 2L));
    assertEquals(
        List.of("thp_fault_alloc", "pgfault"),
        List.copyOf(now.only(name -> !name.startsWith("nr_")).counters().keySet()));
    assertEquals(10, now.since(earlier).value("pgfault"));
    assertEquals(5, now.since(earlier).value("thp_fault_alloc"));
  }

  @Test
  void theRest() {
    assertEquals(List.of(8, 70), List.copyOf(new TreeSet<>(proc().pids())));
    assertEquals(Optional.of(102400L), proc().availableBytes());
    assertEquals("6.18.1", proc().kernelRelease());
  }

  @Test
  void live() throws IOException {
    int ourPid = Math.toIntExact(ProcessHandle.current().pid());
    assertEquals(ourPid, ProcFs.live().self().orElseThrow().pid());
    assertTrue(ProcFs.live().pids().contains(ourPid));
    assertTrue(ProcFs.live().smapsRollup(ourPid).orElseThrow().anonymousBytes() > 1 << 20);
    assertTrue(ProcFs.live().vmStat().value("pgfault") > 0);
  }

  private ProcFs proc() {
    return new ProcFs(root);
  }

  private void write(String file, String text) throws IOException {
    Path path = root.resolve(file);
    Files.createDirectories(path.getParent());
    Files.writeString(path, text);
  }
}
