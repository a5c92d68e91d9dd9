package dev.elephantfolio.lab.scenario;

import static org.junit.jupiter.api.Assertions.assertEquals;

import java.util.List;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.CsvSource;
import org.junit.jupiter.params.provider.ValueSource;

/** Pages held by pins and pipes on the engine: who sees what, how calls end, when holds end. */
final class HoldTest {
  /** a: 64 KiB full of 1; r: 8 KiB to read; between and behind them nothing. */
  private static final String START =
      """
      process A
      A mmap a 64K
      A write a 64K 1
      A mmap r 8K r
      """;

  @ParameterizedTest
  @CsvSource({
    "pin a 64K P, OK",
    "pin a+60K 8K P, EFAULT",
    "pin a 64K P write longterm fast, OK",
    "pin a+60K 8K P write longterm fast, EFAULT",
    "pin a+64K 4K P fast, EFAULT",
    "pin a 0 P, EFAULT",
    "pin a+1 0 P, EFAULT",
    "pin a+1 4K P, OK",
    "pin r 8K P, OK",
    "pin r 8K P longterm fast, OK",
    "pin r 8K P write, EFAULT",
    "pin r 8K P write fast, EFAULT",
    "pin [heap] 4K P, EFAULT",
    "vmsplice a 64K P, OK",
    "vmsplice a+60K 8K P, EFAULT",
    "vmsplice a+64K 4K P, EFAULT",
    "vmsplice r 4K P, OK",
    "vmsplice a 0 P, OK",
  })
  void allPagesAreHeldOrNone(String call, String outcome) {
    Run.ok(START + "A " + call + " -> " + outcome + "\n");
  }

  /** What a process writes is what a pin sees, and the reverse, in every way to pin for writing. */
  @ParameterizedTest
  @ValueSource(strings = {"write", "write fast", "write longterm", "write longterm fast"})
  void aPinForWritingIsTheProcesssMemory(String way) {
    Run.ok(
        START
            + "A pin a+4K 8K P "
            + way
            + """

            A check P 1
            A fork B
            A write a 64K 2
            A check P 2
            A fill P 3
            A read a 4K 2
            A read a+4K 8K 3
            A read a+12K 52K 2
            B read a 64K 1
            A munmap a 64K
            A fill P 4
            A check P 4
            A unpin P
            """);
  }

  @Test
  void aPipeKeepsThePageNotThePlace() {
    Run.ok(
        START
            + """
            A vmsplice a 8K Q
            A write a 8K 2
            A check Q 2
            A fork B
            A write a 8K 3
            A check Q 2
            A exec
            B read a 8K 2
            """);
  }

  @Test
  void aWrongValueIsAFailure() {
    assertEquals(
        List.of("7: expected 1, got 2 at page 1 of P"),
        Run.failures(START + "A pin a 16K P\nA write a+4K 4K 2\nA check P 1\n"));
  }

  /** A pin that should have been and was not: the calls that name it fail, too. */
  @Test
  void whatIsNotHeldIsNotUsed() {
    assertEquals(
        List.of(
            "5: expected OK, got EFAULT",
            "6: expected OK, got 'P' was never held: the call failed",
            "7: expected OK, got 'P' was never held: the call failed"),
        Run.failures(START + "A pin r 4K P write\nA fill P 1\nA unpin P\n"));
  }

  /** Let go of last, so that only then the folio can be split. */
  @ParameterizedTest
  @ValueSource(strings = {"A unpin P", "A exit", "A exec"})
  void aHoldEndsWithItsNameItsProcessOrItsProgram(String end) {
    Run.ok(
        """
        set transparent_hugepage/enabled always
        process A
        A mmap a 2M
        A write a 2M 1
        A fork B
        A vmsplice a 4K P
        B split a 2M 0
        expect B a+4K order=9
        """
            + end
            + "\nB split a 2M 0\nexpect B a+4K order=0\n");
  }

  @Test
  void aPinOfAVforkChildEndsWithIt() {
    Run.ok(START + "A vfork B\nB pin a 4K P write\nB fill P 7\nB exec\nA read a 4K 7\n");
    Run.ok(START + "A vfork B\nB pin a 4K P write\nB exit\nA pin a 4K P\nA check P 1\n");
  }

  @Test
  void theLiveSideIsKnownToPinInOneWay() {
    Scenario readPin =
        ScenarioParser.parse("t.efs", "process A\nA vmsplice a 4K Q\nA pin a 4K P fast\n");
    assertEquals(
        "t.efs:3:1: the live side pins 'write longterm fast' alone, as io_uring pins a buffer",
        LiveSide.whyNot(readPin).orElseThrow());
    Scenario buffer =
        ScenarioParser.parse("t.efs", "process A\nA pin a 4K P fast longterm write\nA fill P 1\n");
    assertEquals("", LiveSide.whyNot(buffer).orElse(""));
  }
}
