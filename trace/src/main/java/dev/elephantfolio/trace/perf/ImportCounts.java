package dev.elephantfolio.trace.perf;

import java.util.ArrayList;
import java.util.List;

/** Counts of one import, as it runs. */
final class ImportCounts {
  static final int UNKNOWN_LINES_SHOWN = 5;

  long lines;
  long recognisedLines;
  long unknownLines;
  final List<String> firstUnknownLines = new ArrayList<>();
  long foreignEvents;
  long impossibleTouches;
  long unpairedCalls;
  long lostEvents;
  int cpuLargest;

  /** Notes a line that is not understood. */
  void unknown(long lineNumber, String text) {
    unknownLines++;
    if (firstUnknownLines.size() < UNKNOWN_LINES_SHOWN) {
      firstUnknownLines.add("line " + lineNumber + ": " + shown(text));
    }
  }

  private static String shown(String text) {
    String start = text.length() > 80 ? text.substring(0, 80) + "..." : text;
    StringBuilder clean = new StringBuilder();
    start.codePoints().forEach(c -> clean.appendCodePoint(c >= ' ' && c < 127 ? c : '.'));
    return clean.toString();
  }
}
