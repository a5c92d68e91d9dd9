package dev.elephantfolio.trace.perf;

import static org.junit.jupiter.api.Assertions.assertArrayEquals;
import static org.junit.jupiter.api.Assertions.assertEquals;

import dev.elephantfolio.trace.Seeds;
import java.nio.charset.StandardCharsets;
import java.util.Arrays;
import java.util.Random;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.ValueSource;

class PerfLineTest {
  private static PerfLine parse(String text) {
    byte[] bytes = ("before" + text + "after").getBytes(StandardCharsets.UTF_8);
    PerfLine line = new PerfLine();
    line.parse(bytes, 6, bytes.length - 5);
    return line;
  }

  private static void assertNumbers(PerfLine line, long... expected) {
    assertArrayEquals(expected, Arrays.copyOf(line.numbers, line.count));
  }

  @Test
  void aFaultHasAddressAndErrorCode() {
    PerfLine line =
        parse(
            "        redis.sh 30685/30686 [001]  3210.730500791:      "
                + " exceptions:page_fault_kernel: address=0x555555573240"
                + " ip=rep_stos_alternative error_code=0x2");
    assertEquals(LineKind.FAULT, line.kind);
    assertEquals(30685, line.pid);
    assertEquals(30686, line.tid);
    assertEquals(1, line.cpu);
    assertEquals(3210_730500791L, line.timeNanos);
    assertEquals("redis.sh", line.comm());
    assertNumbers(line, 0x555555573240L, 2);
  }

  /** The name is anything the program likes; only its 16 columns are sure. */
  @ParameterizedTest
  @ValueSource(
      strings = {
        "C2 CompilerThre",
        "VM Thread",
        "(sd-pam)",
        "kworker/0:1",
        "1/2 [000] 3.4: x",
        "123",
        "a b 7",
        "x:30687",
        "ünïcode",
        ":30687"
      })
  void namesMayHoldAnything(String comm) {
    String padded = " ".repeat(16 - comm.getBytes(StandardCharsets.UTF_8).length) + comm;
    PerfLine line =
        parse(
            padded
                + " 12/13 [003]    10.000001: exceptions:page_fault_user: address=0x1000 ip=0x2"
                + " error_code=0x14");
    assertEquals(LineKind.FAULT, line.kind);
    assertEquals(12, line.pid);
    assertEquals(13, line.tid);
    assertEquals(10_000_001_000L, line.timeNanos, "microseconds");
    assertEquals(comm, line.comm());
  }

  @Test
  void pidAndCpuMayBeMissing() {
    PerfLine line =
        parse("         setarch  7435 [001]  1318.259002:     syscalls:sys_exit_execve: 0x0");
    assertEquals(LineKind.CALL_EXIT, line.kind);
    assertEquals(-1, line.pid);
    assertEquals(7435, line.tid);
    line = parse("  12/13    10.5:          1 syscalls:sys_exit_brk: 0x20");
    assertEquals(LineKind.CALL_EXIT, line.kind);
    assertEquals(13, line.tid);
    assertNumbers(line, 0x20);
  }

  private static PerfLine event(String event) {
    return parse("            java 29499/29501 [001]  3041.057797970: " + event);
  }

  @Test
  void callsHaveTheirArgumentsInOrder() {
    PerfLine line =
        event(
            "syscalls:sys_enter_mmap: addr: 0x7ffff7fab000, len: 0x00007000, prot: 0x00000001,"
                + " flags: 0x00000812, fd: 0x00000003, off: 0x00016000");
    assertEquals(LineKind.CALL_ENTER, line.kind);
    assertEquals(PerfCall.MMAP, line.call);
    assertNumbers(line, 0x7ffff7fab000L, 0x7000, 1, 0x812, 3, 0x16000);
    assertNumbers(event("syscalls:sys_enter_munmap: addr: 4096, len: 8192"), 4096, 8192);
    assertEquals(PerfCall.VFORK, event("syscalls:sys_enter_vfork: ").call);
    line = event("syscalls:sys_enter_execve: filename: 0x5 \"/bin/a: b\", argv: 0x1, envp: 0x2");
    assertEquals(LineKind.CALL_ENTER, line.kind);
  }

  @Test
  void resultsMayBeHexadecimalOrSigned() {
    assertNumbers(event("syscalls:sys_exit_mmap: 0x7ffff7fc0000"), 0x7ffff7fc0000L);
    assertNumbers(event("syscalls:sys_exit_mmap: 0xfffffffffffffff4"), -12);
    assertNumbers(event("syscalls:sys_exit_munmap: -22"), -22);
    assertEquals(PerfCall.NONE, event("syscalls:sys_exit_read: 0x10").call);
  }

  @Test
  void perfsOwnRecords() {
    PerfLine line = event("PERF_RECORD_COMM exec: redis.sh:30685/30687");
    assertEquals(LineKind.COMM_EXEC, line.kind);
    assertEquals("redis.sh", line.text());
    assertNumbers(line, 30685, 30687);
    line = event("PERF_RECORD_COMM: a:b c:30685/30687");
    assertEquals(LineKind.COMM, line.kind);
    assertEquals("a:b c", line.text());
    line = event("PERF_RECORD_FORK(30687:30689):(30685:30686)");
    assertEquals(LineKind.TASK_FORK, line.kind);
    assertNumbers(line, 30687, 30689, 30685, 30686);
    line = event("PERF_RECORD_EXIT(30687:30689):(30685:30686)");
    assertEquals(LineKind.TASK_EXIT, line.kind);
    assertEquals(LineKind.LOST, event("PERF_RECORD_LOST lost 123").kind);
    assertNumbers(event("PERF_RECORD_LOST lost 123"), 123);
    assertNumbers(event("PERF_RECORD_LOST_SAMPLES lost 7"), 7);
    assertEquals(LineKind.OTHER, event("PERF_RECORD_NAMESPACES 1/1 - nr_namespaces: 7").kind);
  }

  @Test
  void mappings() {
    PerfLine line =
        event(
            "PERF_RECORD_MMAP2 30685/30686: [0x555555558000(0x13000) @ 0x4000 fe:00 260180 0]:"
                + " r-xp /usr/bin/a file [x]");
    assertEquals(LineKind.MAP, line.kind);
    assertEquals("/usr/bin/a file [x]", line.text());
    assertNumbers(line, 30685, 30686, 0x555555558000L, 0x13000, 0x4000, 5);
    line = event("PERF_RECORD_MMAP2 1/1: [0x1000(0x2000) @ 0 00:00 0 0]: rw-s //anon");
    assertNumbers(line, 1, 1, 0x1000, 0x2000, 0, 1 | 2 | 8);
    line =
        event("PERF_RECORD_MMAP2 1/1: [0x1000(0x2000) @ 0x3000 <8e1f2a>]: r-xp /usr/lib/libc.so.6");
    assertNumbers(line, 1, 1, 0x1000, 0x2000, 0x3000, 5);
    line = event("PERF_RECORD_MMAP -1/0: [0xffffffff81000000(0x12) @ 0x5]: x [kernel]_text");
    assertNumbers(line, -1, 0, 0xffffffff81000000L, 0x12, 5, 5);
  }

  @Test
  void theScheduler() {
    PerfLine line = event("sched:sched_process_fork: comm=a pid=9 pid=1 child_comm=x child_pid=2");
    assertEquals(LineKind.SCHED_FORK, line.kind);
    assertNumbers(line, 2);
    line = event("sched:sched_process_exec: filename=./my pid=3 prog pid=30685 old_pid=30685");
    assertEquals(LineKind.SCHED_EXEC, line.kind);
    assertEquals("./my pid=3 prog", line.text());
    assertNumbers(event("sched:sched_process_exit: comm=s pid=1 prio=120 group_dead=true"), 1);
    assertNumbers(event("sched:sched_process_exit: comm=s pid=1 prio=120 group_dead=false"), 0);
    assertNumbers(event("sched:sched_process_exit: comm=s pid=1 prio=120"), -1);
    assertEquals(LineKind.OTHER, event("sched:sched_process_wait: comm=s pid=1 prio=1").kind);
    assertEquals(LineKind.OTHER, event("sched:sched_switch: prev_comm=s").kind);
  }

  @ParameterizedTest
  @ValueSource(
      strings = {
        "hello",
        "            java 29499/29501 [001]  3041.057797970 syscalls",
        "            java 29499/29501 [001]  3041.057797970: nothing here",
        "            java 29499/29501 [001]  3041.057797970: exceptions:page_fault_user: address=x",
        "            java 29499/29501 [001]  3041.05779: syscalls:sys_enter_munmap: addr: 0x1000",
        "            java 29499/29501 [001]  3041.05779: syscalls:sys_exit_munmap: ?",
        "            java 29499/29501 [001]  3041.05779: PERF_RECORD_FORK(1:2):(3",
        "            java 29499/29501 [001]  3041.05779: PERF_RECORD_COMM: x",
        "            java 29499/29501 [001]  3041.05779: PERF_RECORD_MMAP2 1/1: [0x1000(0x2000)",
        "            java 29499/29501 [001]  3041.05779: PERF_RECORD_LOST lost",
        "            java 29499/29501 [001]  3041.05779: 17"
      })
  void whatIsNotUnderstoodIsGarbage(String text) {
    assertEquals(LineKind.GARBAGE, parse(text).kind);
  }

  @Test
  void remarksAndCallChainsAreNot() {
    assertEquals(LineKind.COMMENT, parse("# os release : 6.18.44").kind);
    assertEquals(LineKind.BLANK, parse("").kind);
    assertEquals(LineKind.BLANK, parse("   ").kind);
    assertEquals(LineKind.BLANK, parse("\t    7ffff7e5 main (/bin/x)").kind);
  }

  /** A line cut or spoilt anywhere is understood or not, but never more than that. */
  @Test
  void noLineBreaksTheParser() {
    Random random = Seeds.random("noLineBreaksTheParser");
    String[] lines = {
      "            java 1/2 [001]  3041.1: PERF_RECORD_MMAP2 1/1: [0x1(0x2) @ 0x3 f:0 1 0]: rwxp"
          + " /x",
      "            java 1/2 [001]  3041.1: syscalls:sys_enter_brk: brk: 0x00000000",
      "            java 1/2 [001]  3041.1: exceptions:page_fault_user: address=0x1 ip=0"
          + " error_code=0x6",
      "            java 1/2 [001]  3041.1: PERF_RECORD_COMM exec: x:1/1",
      "            java 1/2 [001]  3041.1: sched:sched_process_exec: filename=x pid=1 old_pid=1"
    };
    PerfLine line = new PerfLine();
    for (int run = 0; run < 20_000; run++) {
      byte[] bytes = lines[random.nextInt(lines.length)].getBytes(StandardCharsets.UTF_8);
      for (int i = random.nextInt(3); i > 0; i--) {
        bytes[random.nextInt(bytes.length)] = (byte) random.nextInt();
      }
      line.parse(bytes, 0, random.nextInt(bytes.length + 1));
      line.text();
    }
  }
}
