package dev.elephantfolio.cli;

import static org.junit.jupiter.api.Assertions.assertEquals;

import java.io.PrintWriter;
import java.io.StringWriter;
import org.junit.jupiter.api.Test;

final class ProgressLineTest {
  private final StringWriter err = new StringWriter();

  private ProgressLine line(boolean onTerminal) {
    return ProgressLine.over(new PrintWriter(err), "working", n -> n + " things", onTerminal);
  }

  @Test
  void isDrawnAndClearedOnATerminal() {
    try (ProgressLine line = line(true)) {
      line.at(30, 60);
    }
    assertEquals("\r\u001b[Kworking 50%\r\u001b[K", err.toString());
  }

  @Test
  void tellsTheAmountWhereTheWholeIsNotKnown() {
    try (ProgressLine line = line(true)) {
      line.at(30, -1);
    }
    assertEquals("\r\u001b[Kworking 30 things\r\u001b[K", err.toString());
  }

  @Test
  void isNotDrawnAfterItsEnd() {
    ProgressLine line = line(true);
    line.close();
    line.at(1, 2);
    assertEquals("", err.toString());
  }

  @Test
  void saysNothingInAPipe() {
    try (ProgressLine line = line(false)) {
      line.at(30, 60);
    }
    assertEquals("", err.toString());
  }
}
