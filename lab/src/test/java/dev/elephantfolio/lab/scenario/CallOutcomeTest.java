package dev.elephantfolio.lab.scenario;

import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertTrue;

import dev.elephantfolio.lab.scenario.ScenarioReport.CallResult;
import java.util.Collections;
import java.util.List;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.CsvSource;

/** Each call of the language on the engine, and how it ends. */
final class CallOutcomeTest {
  /** a: 4 MiB; b: 64 KiB to read, 8 MiB into its window; s: a stack of 64 KiB; no others. */
  private static final String START =
      """
      process A
      A mmap a 4M
      A mmap b+8M 64K r
      A mmap s+2M 64K growsdown
      A mmap c 4M shared
      """;

  private static Outcome last(String text) {
    return Run.of(text).calls().getLast().outcome();
  }

  /** A call, how it ends, and where: of a mapping, of the heap's end, of a signal. */
  @ParameterizedTest
  @CsvSource(
      delimiter = '|',
      textBlock =
          """
          mmap d 4K                         | OK      | d
          mmap d+4K 4K r                    | OK      | d+4K
          mmap d 0                          | EINVAL  | ''
          mmap d+1 4K                       | EINVAL  | ''
          mmap d 1                          | OK      | d
          mmap d 128T                       | ENOMEM  | ''
          mmap a 4K                         | OK      | a
          mmap a 4K noreplace               | EEXIST  | ''
          mmap d 4K noreplace               | OK      | d
          mmap d 4K at=a+4M                 | OK      | a+4M
          mmap d 4K at=a noreplace          | EEXIST  | ''
          mmap d 4K anywhere                | OK      | elsewhere
          mmap d 4K populate locked         | OK      | d
          munmap a 4M                       | OK      | ''
          munmap d 4K                       | OK      | ''
          munmap a+1 4K                     | EINVAL  | ''
          munmap a 0                        | EINVAL  | ''
          munmap a 18446744073709547520     | EINVAL  | ''
          mprotect a 4M none                | OK      | ''
          mprotect d 4K r                   | ENOMEM  | ''
          mprotect a+1 4K r                 | EINVAL  | ''
          madvise a 4M hugepage             | OK      | ''
          madvise a 4M 99                   | EINVAL  | ''
          madvise d 4K dontneed             | ENOMEM  | ''
          madvise a+1 4K dontneed           | EINVAL  | ''
          madvise a 2M collapse             | EINVAL  | ''
          mremap a 4M 8M                    | OK      | a
          mremap a 4M 2M                    | OK      | a
          mremap a 2M 4M                    | ENOMEM  | ''
          mremap a 2M 4M maymove            | OK      | elsewhere
          mremap a 4M 4M to=d               | OK      | d
          mremap a 4M 4M to=a+2M            | EINVAL  | ''
          mremap a 4M 4M maymove dontunmap  | OK      | elsewhere
          mremap a 4M 4M dontunmap          | EINVAL  | ''
          mremap a 4M 4M dontunmap to=d     | OK      | d
          mremap d 4K 8K                    | EFAULT  | ''
          mremap a 0 4K maymove             | EINVAL  | ''
          mremap c 0 4M to=d                | OK      | d
          mlock a 4M                        | OK      | ''
          mlock d 4K                        | ENOMEM  | ''
          munlock a 4M                      | OK      | ''
          munlock d 4K                      | ENOMEM  | ''
          mlockall current                  | OK      | ''
          mlockall future onfault           | OK      | ''
          mlockall onfault                  | EINVAL  | ''
          munlockall                        | OK      | ''
          brk +132K                         | OK      | [heap]+132K
          brk +1                            | OK      | [heap]+1
          brk -4K                           | ENOMEM  | [heap]
          brk +2T                           | ENOMEM  | [heap]
          prctl thp_disable 1               | OK      | ''
          prctl thp_disable except_advised  | OK      | ''
          write a 4M 7                      | OK      | ''
          write a+4100 1 7                  | OK      | ''
          write a 0 7                       | OK      | ''
          write d 0 7                       | OK      | ''
          write d 4K 7                      | SIGSEGV | d
          write a+4092K 8K 7                | SIGSEGV | a+4M
          write b+8M 4K 7                   | SIGSEGV | b+8M
          write s+1M 4K 7                   | OK      | ''
          read b+8M 64K                     | OK      | ''
          read b+8M 68K                     | SIGSEGV | b+8256K
          read [heap] 4K                    | SIGSEGV | [heap]
          process_vm_readv b+8M 64K         | OK      | ''
          process_vm_readv a 0              | OK      | ''
          process_vm_readv b+8M 68K         | EFAULT  | b+8256K
          process_vm_readv [heap] 4K        | EFAULT  | [heap]
          split a 4M 0                      | OK      | ''
          fork B                            | OK      | ''
          vfork B                           | OK      | ''
          exec                              | OK      | ''
          exit                              | OK      | ''
          """)
  void ends(String call, String word, String where) {
    Outcome outcome = last(START + "A " + call + " -> ?\n");
    assertEquals(word, outcome.word());
    assertEquals(where, outcome.where());
    assertEquals(List.of(), Run.failures(START + "A " + call + " -> " + word + "\n"));
    String other = word.equals("OK") ? "EPERM" : "OK";
    boolean access = word.startsWith("SIG") || (call.startsWith("process_vm_") && !where.isEmpty());
    String at = access ? " at " + where : "";
    assertEquals(
        List.of("6: expected " + other + ", got " + word + at),
        Run.failures(START + "A " + call + " -> " + other + "\n"));
  }

  @Test
  void readsGiveWhatWasWritten() {
    String text = START + "A write a+4K 8K 0xffffffffffffffff\n";
    assertEquals(List.of(0L, -1L, -1L, 0L), last(text + "A read a 16K\n").values());
    assertEquals(List.of(), Run.failures(text + "A read a+4K 8K 18446744073709551615\n"));
    assertEquals(
        List.of("7: expected 18446744073709551615, got 0 at a+12K"),
        Run.failures(text + "A read a+4K 12K 0xffffffffffffffff\n"));
    // What was read before the signal counts; the outcome may be any.
    assertEquals(
        List.of("7: expected 1, got 0 at b+8M"),
        Run.failures(text + "A read b+8M 68K 1 -> SIGSEGV\n"));
    assertEquals(
        List.of("7: expected 1, got 0 at b+8M"), Run.failures(text + "A read b+8M 4K 1 -> ?\n"));
    assertEquals(List.of(0L, -1L, -1L, 0L), last(text + "A process_vm_readv a 16K\n").values());
    assertEquals(
        List.of("7: expected 1, got 0 at b+8M"),
        Run.failures(text + "A process_vm_readv b+8M 68K 1 -> EFAULT\n"));
  }

  @Test
  void aWriteBeginsAtThePageAndEndsInTheLastThatTheRangeTouches() {
    String text = START + "A write a+4100 4096 5\n";
    assertEquals(List.of(0L, 5L, 5L, 0L), last(text + "A read a 16K\n").values());
  }

  @Test
  void childrenHaveACopyAndVforkChildrenTheSame() {
    Run.ok(
        START
            + """
            A write a 8K 1
            A fork B
            B write a 4K 2
            A read a 8K 1
            B read a 4K 2
            B read a+4K 4K 1
            A vfork C
            C write a 4K 3
            C exec
            A read a 4K 3
            C read a 4K -> SIGSEGV
            B exit
            expect A a present value=3
            """);
  }

  @Test
  void execTakesTheRegionsAndTheHeapAway() {
    Run.ok(
        START
            + """
            A brk +8K
            A write [heap] 8K 1
            A mmap d 4K anywhere
            A write d 4K 1
            A exec
            A read a 4K -> SIGSEGV
            A read d 4K -> SIGSEGV
            A read [heap] 4K -> SIGSEGV
            expect A Size = 0
            A brk +4K
            A read [heap] 4K 0
            A mmap d 4K
            A read d 4K 0
            """);
  }

  @Test
  void everyLineRunsWhateverFailsBefore() {
    ScenarioReport report =
        Run.of(
            """
            process A
            A mmap a 4K -> EINVAL
            A write b 4K 1
            A read a 4K 1
            expect A a !present
            A munmap a 4K
            """);
    assertEquals(List.of(2, 3, 4, 6), report.calls().stream().map(CallResult::line).toList());
    assertEquals(4, report.failures().size());
    assertEquals(1, report.expectations());
    assertTrue(!report.ok());
  }

  @Test
  void aChildWhoseForkFailedIsMissedLineByLine() {
    // Full: what is left does not hold a second process's tables.
    String text =
        """
        machine memory=64M cpus=1
        process A
        A mmap a 1G noreserve
        A write a 64M 1 -> ENOMEM
        A fork B
        B write a 4K 1
        expect B a Rss = 0
        """;
    assertEquals(
        List.of(
            "5: expected OK, got ENOMEM",
            "6: expected OK, got 'B' was never there: its fork failed",
            "7: expected B a Rss = 0, got 'B' was never there: its fork failed"),
        Run.failures(text));
  }

  @Test
  void valuesOfAnUnwrittenRangeAreZero() {
    Outcome outcome = last(START + "A read a 4M\n");
    assertEquals(Collections.nCopies(1024, 0L), outcome.values());
  }
}
