package dev.elephantfolio.linux.record;

import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertFalse;
import static org.junit.jupiter.api.Assertions.assertTrue;

import dev.elephantfolio.trace.RecordedRegion;
import java.util.List;
import org.junit.jupiter.api.Test;

class ExecMapCollectorTest {
  private final ExecMapCollector maps = new ExecMapCollector();

  /** The whole file first, then its parts over that, as the kernel does it. */
  @Test
  void laterMappingsCutEarlierOnes() {
    maps.exec("42", "t");
    map("42", "[0x7ffffffde000(0x21000) @ 0x7ffffffde000 00:00 0 0]: rw-p [stack]");
    map("42", "[0x555555554000(0x5000) @ 0 fe:00 21 10]: r--p /tmp/a b");
    map("42", "[0x555555555000(0x1000) @ 0x1000 fe:00 21 10]: r-xp /tmp/a b");
    map("42", "[0x555555557000(0x2000) @ 0x2000 fe:00 21 10]: rw-p /tmp/a b");
    map("42", "[0x555555559000(0x800) @ 0x555555559000 00:00 0 0]: rw-p //anon");
    map("42", "[0x7ffff7fc8000(0x2000) @ 0 00:00 0 0]: r-xp [vdso]");
    maps.call("42", "sys_exit_execve: 0x0");
    maps.call("42", "sys_enter_brk: brk: 0x00000000");
    maps.call("42", "sys_exit_brk: 0x55555555a010");
    assertEquals(
        List.of(
            "555555554000+1000 1 2 FILE 0 /tmp/a b",
            "555555555000+1000 5 2 FILE 1000 /tmp/a b",
            "555555556000+1000 1 2 FILE 2000 /tmp/a b",
            "555555557000+2000 3 2 FILE 2000 /tmp/a b",
            "555555559000+1000 3 34 ANON 0 ",
            "55555555b000+0 3 34 HEAP 0 [heap]",
            "7ffff7fc8000+2000 5 34 SPECIAL 0 [vdso]",
            "7ffffffde000+21000 3 290 STACK 0 [stack]"),
        made(42, "t"));
    assertFalse(maps.watching());
  }

  @Test
  void aMappingInTheMiddleLeavesBothSides() {
    maps.exec("1", "t");
    map("1", "[0x10000(0x6000) @ 0x3000 fe:00 2 1]: r--p /f");
    map("1", "[0x12000(0x2000) @ 0 00:00 0 0]: rw-p //anon");
    map("1", "[0x15000(0x3000) @ 0 00:00 0 0]: rw-p //anon");
    assertEquals(
        List.of(
            "10000+2000 1 2 FILE 3000 /f",
            "12000+2000 3 34 ANON 0 ",
            "14000+1000 1 2 FILE 7000 /f",
            "15000+3000 3 34 ANON 0 "),
        made(1, "t"));
  }

  @Test
  void execsOfOnePidAreGivenInOrder() {
    for (String name : List.of("a", "unasked", "b")) {
      maps.exec("1", name);
      map("1", "[0x1000(0x1000) @ 0 fe:00 2 1]: r-xp /" + name);
    }
    assertEquals(List.of("1000+1000 5 2 FILE 0 /a"), made(1, "a"));
    assertEquals(List.of("1000+1000 5 2 FILE 0 /b"), made(1, "b"));
    assertEquals(List.of(), made(1, "b"));
    assertEquals(List.of(), made(2, "b"));
  }

  @Test
  void breakThatNobodyAskedForIsNotKnown() {
    maps.exec("1", "t");
    assertTrue(maps.executing("1"));
    maps.call("1", "sys_exit_execve: 0x0");
    assertFalse(maps.executing("1"));
    maps.call("1", "sys_enter_brk: brk: 0x00005000");
    maps.call("1", "sys_exit_brk: 0x5000");
    assertEquals(List.of(), made(1, "t"));
  }

  private void map(String pid, String mapping) {
    maps.map(pid, ": PERF_RECORD_MMAP2 " + pid + "/" + pid + ": " + mapping);
  }

  private List<String> made(int pid, String comm) {
    return maps.at(pid, 0, comm, "").stream().map(ExecMapCollectorTest::line).toList();
  }

  private static String line(RecordedRegion region) {
    return "%x+%x %d %d %s %x %s"
        .formatted(
            region.start(),
            region.lengthBytes(),
            region.prot(),
            region.flags(),
            region.kind(),
            region.fileOffsetBytes(),
            region.name());
  }
}
