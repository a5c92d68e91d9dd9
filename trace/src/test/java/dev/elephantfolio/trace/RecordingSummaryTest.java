package dev.elephantfolio.trace;

import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertFalse;
import static org.junit.jupiter.api.Assertions.assertTrue;

import java.io.IOException;
import java.nio.file.Path;
import java.util.List;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;

class RecordingSummaryTest {
  @TempDir Path folder;
  private Path file = Path.of("");

  /**
   * A process that runs two programs one after the other, and its child, whose id is used again.
   */
  @BeforeEach
  void write() throws IOException {
    file = folder.resolve("x.eft");
    try (RecordingWriter writer =
        RecordingWriter.create(file, RecordingHeader.of("run", "6.18", 2, "test"))) {
      writer.exec(0, 1, 1, "/bin/a", "a");
      writer.touch(10, 1, 1, 0x1000, AccessBits.WRITE);
      writer.touch(20, 1, 1, 0x1008, AccessBits.WRITE | AccessBits.INFERRED);
      writer.exec(30, 1, 1, "/bin/b", "b");
      writer.touch(40, 1, 1, 0x1000, AccessBits.WRITE);
      long[] mmap = {0, 1 << 20, 3, 0x22, -1, 0, 0};
      writer.call(EventKind.MMAP, 50, 1, 1, mmap, 0x7f0000000000L);
      writer.call(EventKind.MMAP, 60, 1, 1, mmap, -12);
      writer.fork(70, 1, 1, 2, 2, 17);
      writer.touch(80, 2, 2, 0x1000, AccessBits.WRITE | AccessBits.PRESENT);
      writer.exit(90, 2, 2, true);
      writer.fork(100, 1, 1, 2, 2, 17);
      writer.threadStart(105, 2, 3, 2);
      writer.touch(110, 2, 3, 0x7fffffffe000L, AccessBits.READ);
      writer.lost(120, 0, 0, 9);
      writer.commit();
    }
  }

  @Test
  void addsUpByProcess() throws IOException {
    RecordingSummary summary = RecordingSummary.of(file);
    assertEquals(9, summary.totals().lostEvents());
    assertEquals(1, summary.totals().inferredTouches());
    assertEquals(14, summary.totals().events());
    assertEquals(120, summary.totals().durationNanos());
    assertEquals(3, summary.processes().size());
    ProcessSummary first = summary.processes().get(0);
    assertEquals("b", first.comm());
    assertEquals(3, first.touches());
    assertEquals(2, first.distinctPages(), "the same page of two images is two");
    assertEquals(1 << 20, first.mmapBytes());
    assertEquals(1, first.inferredTouches());
    assertFalse(first.ended());
    ProcessSummary child = summary.processes().get(1);
    assertEquals(70, child.startNanos());
    assertEquals(90, child.endNanos());
    assertEquals("b", child.comm());
    assertTrue(child.ended());
    ProcessSummary second = summary.processes().get(2);
    assertEquals(2, second.pid());
    assertEquals(2, second.threads());
    assertFalse(second.ended());
  }

  @Test
  void theTotalsAreThoseOfTheFile() throws IOException {
    try (RecordingReader reader = RecordingReader.open(file)) {
      assertEquals(reader.totals().orElseThrow(), RecordingSummary.of(file).totals());
    }
  }

  @Test
  void printsForPeople() throws IOException {
    StringBuilder text = new StringBuilder();
    RecordingSummary.of(file).print(text);
    List<String> lines = text.toString().lines().toList();
    assertEquals("command          run", lines.getFirst());
    assertTrue(text.toString().contains("lost events      9\n"));
    assertEquals(
        "        1 b                   0.000       1          3          2       1.0M        1",
        lines.get(lines.size() - 3));
  }

  @Test
  void eventsPrintOneALine() throws IOException {
    StringBuilder text = new StringBuilder();
    try (RecordingReader reader = RecordingReader.open(file)) {
      RecordingPrinter.print(reader, text);
    }
    List<String> lines = text.toString().lines().toList();
    assertEquals("0.000000000 1/1 EXEC file=\"/bin/a\" comm=\"a\"", lines.getFirst());
    assertEquals("0.000000020 1/1 TOUCH addr=0x1008 w inferred", lines.get(2));
    assertEquals(
        "0.000000060 1/1 MMAP addr=0x0 length=1M prot=PROT_READ|PROT_WRITE"
            + " flags=MAP_PRIVATE|MAP_ANONYMOUS fd=-1 offset=0x0 name=\"\" = -1 ENOMEM",
        lines.get(6));
    assertEquals("0.000000120 0/0 LOST count=9", lines.getLast());
  }

  @Test
  void sizesAreExact() {
    assertEquals("0", RecordingPrinter.size(0));
    assertEquals("4097", RecordingPrinter.size(4097));
    assertEquals("4K", RecordingPrinter.size(4096));
    assertEquals("3M", RecordingPrinter.size(3 << 20));
    assertEquals("18446744073709551615", RecordingPrinter.size(-1));
  }
}
