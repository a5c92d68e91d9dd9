package dev.elephantfolio.linux.record;

import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertFalse;
import static org.junit.jupiter.api.Assertions.assertTrue;

import java.io.ByteArrayInputStream;
import java.io.FilterInputStream;
import java.io.IOException;
import java.io.InputStream;
import java.nio.charset.StandardCharsets;
import java.util.Random;
import org.junit.jupiter.api.Test;

class PerfTextTest {
  /** Each line begins with what should become of it. */
  private static final String MARKED =
      """
      -         swapper     0/0     [000]     0.000000000: PERF_RECORD_MMAP -1/0: [0xff(0x1) @ 0xff]: x [kernel.kallsyms]_text
      -              sh     0/0     [000]     0.000000000: PERF_RECORD_COMM: sh:42/42
      -              sh     0/0     [000]     0.000000000: PERF_RECORD_MMAP2 42/42: [0x1000(0x4000) @ 0 fe:00 2 0]: r-xp /bin/dash
      -              sh    42/42    [001]   889.972384628:     syscalls:sys_enter_execve: filename: 0x5, argv: 0x5, envp: 0x5
      +               t    42/42    [001]   889.972512637: PERF_RECORD_COMM exec: t:42/42
      -               t    42/42    [001]   889.972519588: PERF_RECORD_MMAP2 42/42: [0x7ff0(0x21000) @ 0x7ff0 00:00 0 0]: rw-p [stack]
      +               t    42/42    [001]   889.972524655: PERF_RECORD_MMAP2 42/42: [0x5550(0x1000) @ 0x1000 fe:00 2 1]: r-xp /tmp/t
      +               t    42/42    [001]   889.972587338:      sched:sched_process_exec: filename=./t pid=42 old_pid=42
      +               t    42/42    [001]   889.972589151:      syscalls:sys_exit_execve: 0x0
      +               t    42/42    [001]   889.972794415:       syscalls:sys_enter_mmap: addr: 0x0, len: 0x2000, prot: 0x3, flags: 0x22, fd: 0xffffffff, off: 0x0
      +               t    42/42    [001]   889.972798621: PERF_RECORD_MMAP2 42/42: [0x7ffff7fc0000(0x2000) @ 0x7ffff7fc0000 00:00 0 0]: rw-p //anon
      +               t    42/42    [001]   889.972800354:        syscalls:sys_exit_mmap: 0x7ffff7fc0000
      +               t    42/42    [001]   889.972801000: PERF_RECORD_MMAP2 42/42: [0x7fff(0x2000) @ 0 fe:00 3 1]: r-xp /usr/lib/libc.so.6
      + a [0] PERF 1/2 x    43/44    [000]   889.972900000: PERF_RECORD_COMM exec: a [0] PERF 1/2 x:43/43
      - a [0] PERF 1/2 x    43/43    [000]   889.972900001: PERF_RECORD_MMAP2 43/43: [0x6000(0x1000) @ 0 fe:00 2 1]: rw-p /tmp/a [x]: y
      +               t    42/42    [001]   889.972900002: PERF_RECORD_MMAP2 42/42: [0x6000(0x1000) @ 0 fe:00 2 1]: rw-p /tmp/a
      +               t    42/42    [001]   889.972900003:      syscalls:sys_exit_execve: 0xfffffffffffffffe
      + a [0] PERF 1/2 x    43/43    [000]   889.972900004:      syscalls:sys_exit_execve: 0x0
      + a [0] PERF 1/2 x    43/43    [000]   889.972900005: PERF_RECORD_MMAP2 43/43: [0x6000(0x1000) @ 0 fe:00 2 1]: rw-p /tmp/a
      +               t    42/42    [001]   889.972900006: PERF_RECORD_LOST lost 12
      +               t    42/42    [001]   889.972900007:    exceptions:page_fault_user: address=0x1 ip=0x2 error_code=0x6
      """;

  @Test
  void passesWhatIsTheCommands() throws IOException {
    assertEquals(wanted(), read(new PerfText(stream(all()), 42, new ExecMapCollector())));
  }

  @Test
  void howeverItComes() throws IOException {
    long seed = Long.getLong("efolio.seed", System.nanoTime());
    System.out.println("PerfTextTest seed " + seed);
    Random random = new Random(seed);
    for (int i = 0; i < 200; i++) {
      PerfText text = new PerfText(inPieces(stream(all()), random), 42, new ExecMapCollector());
      assertTrue(text.begin());
      assertEquals(wanted(), read(text));
    }
  }

  @Test
  void longLinesAndNoNewlineAtTheEnd() throws IOException {
    String start = "t 42/42 [001] 1.0: PERF_RECORD_COMM exec: t:42/42\n";
    String longLine = "t 42/42 [001] 2.0: sched:x: " + "y".repeat(300_000);
    String text = start + longLine + "\n" + start + longLine;
    assertEquals(text, read(new PerfText(stream(text), 42, new ExecMapCollector())));
  }

  @Test
  void neverExecuted() throws IOException {
    PerfText text = new PerfText(stream(all()), 41, new ExecMapCollector());
    assertFalse(text.begin());
    assertEquals("", read(text));
    assertFalse(new PerfText(stream(""), 42, new ExecMapCollector()).begin());
  }

  private static String all() {
    return MARKED.lines().map(line -> line.substring(1) + "\n").reduce("", String::concat);
  }

  private static String wanted() {
    return MARKED
        .lines()
        .filter(line -> line.startsWith("+"))
        .map(line -> line.substring(1) + "\n")
        .reduce("", String::concat);
  }

  private static String read(InputStream text) throws IOException {
    return new String(text.readAllBytes(), StandardCharsets.UTF_8);
  }

  private static InputStream stream(String text) {
    return new ByteArrayInputStream(text.getBytes(StandardCharsets.UTF_8));
  }

  /** A stream that gives at most a few bytes at a time. */
  private static InputStream inPieces(InputStream whole, Random random) {
    return new FilterInputStream(whole) {
      @Override
      public int read(byte[] target, int offset, int length) throws IOException {
        return super.read(target, offset, Math.min(length, 1 + random.nextInt(300)));
      }
    };
  }
}
