package dev.elephantfolio.lab.scenario;

import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertThrows;
import static org.junit.jupiter.api.Assertions.assertTrue;

import dev.elephantfolio.lab.LabException;
import dev.elephantfolio.lab.scenario.Step.CallStep;
import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.List;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.CsvSource;

/** What is read, and how each mistake is refused. */
final class ScenarioParserTest {
  private static final String START = "process A\n";

  private static String refusal(String text) {
    String message =
        assertThrows(LabException.class, () -> ScenarioParser.parse("t.efs", text)).getMessage();
    assertTrue(message.lines().count() == 1, message);
    return message;
  }

  private static Call call(String line) {
    Scenario scenario = ScenarioParser.parse("t.efs", START + "A " + line);
    return ((CallStep) scenario.steps().getLast()).call();
  }

  /** A line behind {@code process A}, and what is said of it behind {@code t.efs:2:}. */
  @ParameterizedTest
  @CsvSource(
      delimiter = '|',
      textBlock =
          """
          A                          | 2: expected a call, as mmap or write, got nothing more
          A mmpa a 4K                | 3: expected a call, as mmap or write, got 'mmpa'; did you mean 'mmap'?
          A mmap                     | 7: expected an address, as a or a+4K, got nothing more
          A mmap 4K 4K               | 8: expected an address, as a or a+4K, got '4K'
          A mmap a+ 4K               | 10: expected a size behind '+', as a+4K, got ''
          A mmap a+x 4K              | 10: expected a size behind '+', as a+4K, got 'x'
          A mmap a+1G 4K             | 10: a+1G lies outside of what belongs to a: 1G
          A mmap a                   | 9: expected a length, as 4096, 4K or 2M, got nothing more
          A mmap a 4k                | 10: expected a length, as 4096, 4K or 2M, got '4k'
          A mmap a 20000000T         | 10: expected a length, as 4096, 4K or 2M, got '20000000T'
          A mmap a 4K rwr            | 13: expected an option of mmap, got 'rwr'; did you mean 'rw'?
          A mmap a 4K popluate       | 13: expected an option of mmap, got 'popluate'; did you mean 'populate'?
          A mmap a 4K r rw           | 15: 'rw' does not go with 'r'
          A mmap a 4K private shared | 21: 'shared' does not go with 'private'
          A mmap a 4K at=b anywhere  | 18: 'anywhere' does not go with 'at=b'
          A mmap a 4K at=            | 16: expected an address, as a or a+4K, got ''
          A mmap a 4K locked locked  | 20: 'locked' stands there twice
          A mmap a 4K noreplace anywhere | 23: 'noreplace' does not go with 'anywhere'
          A mmap a 4K OK             | 13: expected an option of mmap, got 'OK'; did you mean 'r'?
          A mmap a 4K file=F+0       | 13: 'file=' is not there yet: files come with later work
          A mmap a 4K memfd=M+0      | 13: 'memfd=' is not there yet: files come with later work
          A mmap a 4K hugetlb=2M     | 13: 'hugetlb=' is not there yet: hugetlb comes with later work
          A munmap a 4K 4K           | 15: expected the end of the line, or -> and an outcome, got '4K'
          A munmap a 4K ->           | 17: expected an outcome, as OK or EINVAL, got nothing more
          A munmap a 4K -> EINVLA    | 18: expected an outcome, as OK, EINVAL, SIGSEGV or ?, got 'EINVLA'; did you mean 'EINVAL'?
          A munmap a 4K -> OK OK     | 21: expected the end of the line, got 'OK'
          A mprotect a 4K            | 16: expected a protection (none r w x rw rx wx rwx), got nothing more
          A mprotect a 4K wr         | 17: expected a protection (none r w x rw rx wx rwx), got 'wr'; did you mean 'r'?
          A madvise a 4K hugepge     | 16: expected an advice of madvise, or its number, got 'hugepge'; did you mean 'hugepage'?
          A madvise a 4K -1          | 16: expected an advice of madvise, or its number, got '-1'
          A mremap a 2M              | 14: expected a length, as 4096, 4K or 2M, got nothing more
          A mremap a 2M 4M move      | 18: expected maymove, to=PLACE or dontunmap, got 'move'
          A mremap a 2M 4M maymove maymove | 26: 'maymove' stands there twice
          A mlockall                 | 11: expected what to lock (current future onfault), got nothing more
          A mlockall futur           | 12: expected what to lock (current future onfault), got 'futur'; did you mean 'future'?
          A munlockall a             | 14: expected the end of the line, or -> and an outcome, got 'a'
          A brk 4K                   | 7: expected how far, as +132K or -4K, got '4K'
          A brk +                    | 7: expected how far, as +132K or -4K, got '+'
          A brk +9223372036854775808 | 7: expected how far, as +132K or -4K, got '+9223372036854775808'
          A prctl thp_disabled 1     | 9: expected thp_disable, got 'thp_disabled'; did you mean 'thp_disable'?
          A prctl thp_disable 2      | 21: expected a value (0 1 except_advised), got '2'; did you mean '0'?
          A write a 4K               | 13: expected a value, as 7 or 0xff, got nothing more
          A write a 4K x             | 14: expected a value, as 7 or 0xff, got 'x'
          A write a 4K 0x            | 14: expected a value, as 7 or 0xff, got '0x'
          A write a 4K 0x-1          | 14: expected a value, as 7 or 0xff, got '0x-1'
          A write a 4K 18446744073709551616 | 14: expected a value, as 7 or 0xff, got '18446744073709551616'
          A write a 2G 1             | 11: expected a length of up to 1G, got '2G'
          A read a 4K -7             | 13: expected a value, as 7 or 0xff, got '-7'
          A process_vm_readv a       | 21: expected a length, as 4096, 4K or 2M, got nothing more
          A process_vm_readv a 2T    | 22: expected a length of up to 1G, got '2T'
          A process_vm_read a 4K     | 3: expected a call, as mmap or write, got 'process_vm_read'; did you mean 'process_vm_readv'?
          A split a 2M               | 13: expected an order, got nothing more
          A split a 2M 10            | 14: expected an order, 0 to 9, got '10'
          A fork                     | 7: expected the child's name, got nothing more
          A fork 1                   | 8: expected the child's name (letters, digits, _ . -), got '1'
          A fork A                   | 8: there is a process 'A' already
          A vfork set                | 9: 'set' is a word of the language, not a process's name
          A vfork vmstat             | 9: 'vmstat' is a word of the language, not a process's name
          A move a 2M                | 3: 'move' is not there yet: migration on demand comes with later work
          A pin a 8K                 | 11: expected a name for the pin, got nothing more
          A pin a 2G P               | 9: expected a length of up to 1G, got '2G'
          A pin a 8K 7               | 12: expected a name for the pin (letters, digits, _ . -), got '7'
          A pin a 8K P wirte         | 14: expected how to pin (write longterm fast), got 'wirte'; did you mean 'write'?
          A pin a 8K P fast fast     | 19: 'fast' stands there twice
          A vmsplice a 4K            | 16: expected a name for the pipe, got nothing more
          A vmsplice a 2M Q          | 14: expected a length of up to 1M, got '2M'
          A vmsplice a 4K Q write    | 19: expected the end of the line, or -> and an outcome, got 'write'
          A unpin                    | 8: expected the name of what is held, got nothing more
          A unpin P                  | 9: nothing is held as 'P'
          A check P 7                | 9: nothing is held as 'P'
          A fill P 7                 | 8: nothing is held as 'P'
          A ckeck P                  | 3: expected a call, as mmap or write, got 'ckeck'; did you mean 'check'?
          B exit                     | 1: there is no process 'B'
          snapshto x                 | 1: there is no process 'snapshto'; did you mean 'snapshot'?
          process                    | 8: expected a process's name, got nothing more
          process A                  | 9: there is a process 'A' already
          process 7                  | 9: expected a process's name (letters, digits, _ . -), got '7'
          process khugepaged         | 9: 'khugepaged' is a word of the language, not a process's name
          process ksm                | 9: 'ksm' is a word of the language, not a process's name
          process B now              | 11: expected the end of the line, got 'now'
          process B in=G             | 11: 'in=' is not there yet: memory cgroups come with later work
          machine memory=1G          | 1: 'machine' stands before everything else
          set                        | 4: expected a setting, as transparent_hugepage/enabled, got nothing more
          set x/y                    | 8: expected the setting's value, got nothing more
          set x/y=1                  | 8: expected a blank between the setting and its value, got '='
          set x/y 1 2                | 11: expected the end of the line, got '2'
          khugepaged                 | 11: expected a number of scans, got nothing more
          khugepaged 0               | 12: expected a number of scans, 1 to 1000000, got '0'
          khugepaged many            | 12: expected a number of scans, 1 to 1000000, got 'many'
          drop_caches 3              | 13: expected the end of the line, got '3'
          swap 64M                   | 1: 'swap' is not there yet: swap comes with later work
          group G max=64M            | 1: 'group' is not there yet: memory cgroups come with later work
          compact                    | 1: 'compact' is not there yet: compaction comes with later work
          ksm 2                      | 1: 'ksm' is not there yet: KSM comes with later work
          expect                     | 7: expected a process, or vmstat, got nothing more
          expect B Rss = 4K          | 8: there is no process 'B'
          expect A                   | 9: expected an address or a field of smaps, got nothing more
          expect A a                 | 11: expected a field of smaps, or what the page is to be, as present, got nothing more
          expect A a presnt          | 12: expected what the page is to be, as present, got 'presnt'; did you mean 'present'?
          expect A a !presnt         | 12: expected what the page is to be, as present, got '!presnt'; did you mean 'present'?
          expect A a mapcount        | 20: expected one of = < <= > >= !=, got nothing more
          expect A a mapcount=       | 21: expected a number, as 7 or 0xff, got nothing more
          expect A a mapcount=x      | 21: expected a number, as 7 or 0xff, got 'x'
          expect A a mapcount=1=     | 22: expected what the page is to be, as present, got '='
          expect A a Rs = 4K         | 12: expected a field of smaps, got 'Rs'; did you mean 'Rss'?
          expect A a Rss = x         | 18: expected a size, as 4096, 4K or 2M, got 'x'
          expect A a Rss == 4K       | 17: expected a size, as 4096, 4K or 2M, got '='
          expect A a Rss = 4K -> OK  | 21: expected the end of the line, got '-'
          expect A a+4K Rss = 4K     | 10: a field of smaps is of a whole region: write a
          expect A Rsss = 4K         | 10: expected a field of smaps, got 'Rsss'; did you mean 'Rss'?
          expect A a same-frame      | 22: expected the other page's process, got nothing more
          expect A a same-frame B a  | 23: there is no process 'B'
          expect A a same-frame A    | 24: expected an address, as a or a+4K, got nothing more
          expect vmstat              | 14: expected a counter, as thp_split_pmd, got nothing more
          expect vmstat x            | 16: expected + or - and by how much, or one of = < <= > >= !=, got nothing more
          expect vmstat x 1          | 17: expected + or - and by how much, or one of = < <= > >= !=, got '1'
          expect vmstat x + y        | 19: expected a whole number, got 'y'
          expect group G a <= 1      | 8: 'expect group' is not there yet: memory cgroups come with later work
          """)
  void refuses(String line, String message) {
    assertEquals("t.efs:2:" + message, refusal(START + line));
  }

  @ParameterizedTest
  @CsvSource(
      delimiter = '|',
      textBlock =
          """
          machine              | 8: expected memory=SIZE or cpus=N, got nothing more
          machine memory=3M    | 16: expected a multiple of 2M up to 16T, got '3M'
          machine memory=0     | 16: expected a multiple of 2M up to 16T, got '0'
          machine memory=32T   | 16: expected a multiple of 2M up to 16T, got '32T'
          machine memory=lots  | 16: expected a size, as 4G, got 'lots'
          machine cpus=0       | 14: expected a number of processors, 1 to 256, got '0'
          machine cpu=2        | 9: expected memory=SIZE or cpus=N, got 'cpu=2'; did you mean 'cpus='?
          """)
  void refusesMachines(String line, String message) {
    assertEquals("t.efs:1:" + message, refusal(line));
  }

  @Test
  void onlyWhoLivesAndIsNotSuspendedCalls() {
    assertEquals(
        "t.efs:3:1: 'A' is suspended until 'B' execs or exits",
        refusal("process A\nA vfork B\nA munlockall\n"));
    assertEquals(
        "t.efs:3:1: 'A' is suspended until 'B' execs or exits",
        refusal("process A\nA vfork B\nA fork C\n"));
    assertEquals("t.efs:3:1: 'A' has exited", refusal("process A\nA exit\nA exit\n"));
    assertEquals("t.efs:3:8: 'A' has exited", refusal("process A\nA exit\nexpect A Rss = 0\n"));
    assertEquals(
        "t.efs:3:1: 'B' was never there: its fork failed",
        refusal("process A\nA fork B -> ENOMEM\nB exit\n"));
    // Each of these gives the parent back.
    ScenarioParser.parse("t.efs", "process A\nA vfork B\nB exec\nA munlockall\nB munlockall\n");
    ScenarioParser.parse("t.efs", "process A\nA vfork B\nB exit\nA vfork B\nexpect A Rss = 0\n");
    ScenarioParser.parse("t.efs", "process A\nA exit\nprocess A\nA munlockall\n");
  }

  /** Lines behind a pin P of A's, a pipe Q of A's, and B, a child, and what is said of the last. */
  @ParameterizedTest
  @CsvSource(
      delimiter = '|',
      textBlock =
          """
          A pin a 4K P                  | 5:12: 'A' holds pages as 'P' already
          B vmsplice a 4K P             | 5:17: 'A' holds pages as 'P' already
          B unpin P                     | 5:9: 'P' is held by 'A'
          B check P                     | 5:9: 'P' is held by 'A'
          B fill P 1                    | 5:8: 'P' is held by 'A'
          A fill Q 1                    | 5:8: 'Q' is held for reading only
          A check P x                   | 5:11: expected a value, as 7 or 0xff, got 'x'
          A fill P                      | 5:9: expected a value, as 7 or 0xff, got nothing more
          A unpin P;A unpin P           | 6:9: 'P' was let go of
          A exit;B unpin P              | 6:9: 'P' ended with 'A'
          A exec;A check Q              | 6:9: 'Q' ended with 'A'
          A pin a 4K R -> EFAULT;A unpin R | 6:9: 'R' was never held: the call failed
          A exec -> ENOMEM;A unpin R    | 6:9: nothing is held as 'R'
          """)
  void onlyWhoHoldsPagesUsesThem(String lines, String message) {
    String start = "process A\nA pin a 4K P write\nA vmsplice a 4K Q\nA fork B\n";
    assertEquals("t.efs:" + message, refusal(start + lines.replace(";", "\n")));
  }

  @Test
  void aNameThatIsFreeMayBeGivenAgain() {
    ScenarioParser.parse(
        "t.efs",
        """
        process A
        A pin a 4K P -> EFAULT
        A pin a 4K P write
        A unpin P
        A vmsplice a 4K P
        A exec
        A pin a 4K P -> ?
        A check P
        """);
  }

  @Test
  void regionsHaveNumbersInOrderOfMention() {
    Scenario scenario =
        ScenarioParser.parse(
            "t.efs",
            """
            process A
            A mmap b 4K at=c      # b is 0, c is 1
            expect A a !present
            A brk +4K
            A munmap [heap] 4K
            A munmap b 4K
            A munmap d 4K
            """);
    assertEquals(List.of("b", "c", "a", "d"), scenario.regions());
    Call last = ((CallStep) scenario.steps().getLast()).call();
    assertEquals(0x100000000000L + 3 * (1L << 30), last.places().getFirst().address());
  }

  @Test
  void sizesMayBeAnythingOf64Bits() {
    assertEquals(new Call.Munmap(new Place("a", 0, 1), 4096), call("munmap a+1 4K"));
    assertEquals(new Call.Munmap(new Place("a", 0, 0), 0), call("munmap a 0"));
    assertEquals(
        new Call.Munmap(new Place("a", 0, 0), -4096), call("munmap a 18446744073709547520"));
    assertEquals(new Call.Munmap(new Place("a", 0, 0), 1L << 40), call("munmap a 1T"));
    assertEquals(new Call.Write(new Place("a", 0, 0), 8, -1), call("write a 8 0xffffffffffffffff"));
  }

  @Test
  void wordsMayStandCloseTogether() {
    String loose =
        "process A\nA mmap a 4K -> EINVAL\nexpect A a Rss = 4K\nexpect A a order = 0 pmd\n";
    String tight = "process A\nA mmap a 4K ->EINVAL\nexpect A a Rss=4K\nexpect A a order=0 pmd\n";
    assertEquals(
        ScenarioParser.parse("t.efs", loose).steps(), ScenarioParser.parse("t.efs", tight).steps());
  }

  @Test
  void aFileThatCannotBeReadIsNamed(@TempDir Path directory) throws IOException {
    Path missing = directory.resolve("no.efs");
    Path binary = Files.write(directory.resolve("binary.efs"), new byte[] {(byte) 0xff, 0});
    assertEquals(missing + ": no such file", readRefusal(missing));
    assertEquals(directory + ": cannot be read: it is a directory", readRefusal(directory));
    assertEquals(binary + ": not text in UTF-8", readRefusal(binary));
  }

  private static String readRefusal(Path file) {
    return assertThrows(LabException.class, () -> ScenarioParser.read(file)).getMessage();
  }
}
