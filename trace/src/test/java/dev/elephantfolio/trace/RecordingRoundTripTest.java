package dev.elephantfolio.trace;

import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertFalse;
import static org.junit.jupiter.api.Assertions.assertThrows;
import static org.junit.jupiter.api.Assertions.assertTrue;

import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.List;
import java.util.Map;
import java.util.Random;
import java.util.stream.Stream;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;

class RecordingRoundTripTest {
  @TempDir Path folder;

  @Test
  void whatIsWrittenIsRead() throws IOException {
    Random random = Seeds.random("whatIsWrittenIsRead");
    for (int count : new int[] {0, 1, 2, 1000, 65535, 65536, 65537, 150_000}) {
      Path file = folder.resolve(count + ".eft");
      RandomEvents events = new RandomEvents(random);
      RecordingTotals totals = write(file, events, count);
      assertEquals(count, totals.events());
      assertSame(events.written(), file);
    }
  }

  private static RecordingTotals write(Path file, RandomEvents events, int count)
      throws IOException {
    try (RecordingWriter writer = RecordingWriter.create(file, header())) {
      events.write(writer, count);
      assertEquals(count, writer.eventCount());
      return writer.commit();
    }
  }

  private static RecordingHeader header() {
    return new RecordingHeader(
        1, 4096, "./run me", "6.18", 2, "test", Map.of("thp", "never", "a", "b"));
  }

  private static void assertSame(List<String> written, Path file) throws IOException {
    try (RecordingReader reader = RecordingReader.open(file)) {
      assertEquals(header(), reader.header());
      assertEquals(written.size(), reader.totals().orElseThrow().events());
      for (int i = 0; i < written.size(); i++) {
        assertTrue(reader.next());
        assertEquals(written.get(i), RandomEvents.text(reader), "event " + i);
        assertEquals(i + 1, reader.eventsRead());
      }
      assertFalse(reader.next());
      assertFalse(reader.next());
      assertEquals(written.size(), reader.eventsRead());
    }
  }

  @Test
  void aCopyHoldsTheSameEvents() throws IOException {
    Path file = folder.resolve("first.eft");
    Path copy = folder.resolve("copy.eft");
    RandomEvents events = new RandomEvents(Seeds.random("aCopyHoldsTheSameEvents"));
    RecordingTotals totals = write(file, events, 3000);
    try (RecordingReader reader = RecordingReader.open(file);
        RecordingWriter writer = RecordingWriter.create(copy, header())) {
      while (reader.next()) {
        writer.copy(reader);
      }
      assertEquals(totals, writer.commit());
    }
    assertEquals(printed(file), printed(copy));
  }

  private static String printed(Path file) throws IOException {
    StringBuilder text = new StringBuilder();
    try (RecordingReader reader = RecordingReader.open(file)) {
      RecordingPrinter.print(reader, text);
    }
    return text.toString();
  }

  @Test
  void accessesKeepSizeAndKind() throws IOException {
    Path file = folder.resolve("access.eft");
    try (RecordingWriter writer = RecordingWriter.create(file, header())) {
      writer.access(5, 1, 1, 0x1000, 64, AccessBits.READ | AccessBits.WRITE);
      writer.commit();
    }
    try (RecordingReader reader = RecordingReader.open(file)) {
      assertTrue(reader.next());
      assertEquals(EventKind.ACCESS, reader.kind());
      assertEquals(0x1000, reader.address());
      assertEquals(64, reader.length());
      assertEquals(AccessBits.READ | AccessBits.WRITE, reader.access());
    }
  }

  @Test
  void threadsAreNumberedInOrderOfAppearance() throws IOException {
    Path file = folder.resolve("threads.eft");
    int[] tids = {7, 9, 7, 1000, 9};
    int[] indexes = {0, 1, 0, 2, 1};
    try (RecordingWriter writer = RecordingWriter.create(file, header())) {
      for (int tid : tids) {
        writer.touch(0, 7, tid, 0x1000, AccessBits.READ);
      }
      writer.touch(0, 8, 9, 0x1000, AccessBits.READ);
      writer.commit();
    }
    try (RecordingReader reader = RecordingReader.open(file)) {
      for (int i = 0; i < tids.length; i++) {
        assertTrue(reader.next());
        assertEquals(tids[i], reader.tid());
        assertEquals(indexes[i], reader.threadIndex());
      }
      assertTrue(reader.next());
      assertEquals(3, reader.threadIndex(), "the same tid in another process");
    }
  }

  @Test
  void timeMayNotRunBackwards() throws IOException {
    try (RecordingWriter writer = RecordingWriter.create(folder.resolve("back.eft"), header())) {
      writer.touch(10, 1, 1, 0, AccessBits.READ);
      assertThrows(IllegalArgumentException.class, () -> writer.touch(9, 1, 1, 0, AccessBits.READ));
    }
  }

  @Test
  void anUnfinishedWriteLeavesTheTargetAsItWas() throws IOException {
    Path file = folder.resolve("kept.eft");
    Files.writeString(file, "before");
    try (RecordingWriter writer = RecordingWriter.create(file, header())) {
      new RandomEvents(Seeds.random("unfinished")).write(writer, 70_000);
    }
    assertEquals("before", Files.readString(file));
    try (Stream<Path> left = Files.list(folder)) {
      assertEquals(List.of(file), left.toList());
    }
  }

  @Test
  void commitReplacesTheTargetAndLeavesNothingElse() throws IOException {
    Path file = folder.resolve("new.eft");
    Files.writeString(file, "before");
    write(file, new RandomEvents(Seeds.random("replaces")), 10);
    try (Stream<Path> left = Files.list(folder)) {
      assertEquals(List.of(file), left.toList());
    }
    try (RecordingReader reader = RecordingReader.open(file)) {
      assertTrue(reader.next());
    }
  }

  @Test
  void anArgumentThatIsNotThereIsRefused() throws IOException {
    Path file = folder.resolve("arguments.eft");
    try (RecordingWriter writer = RecordingWriter.create(file, header())) {
      writer.touch(0, 1, 1, 0x1000, AccessBits.READ);
      writer.commit();
    }
    try (RecordingReader reader = RecordingReader.open(file)) {
      assertTrue(reader.next());
      assertThrows(IndexOutOfBoundsException.class, () -> reader.argument(2));
      assertThrows(IllegalStateException.class, reader::result);
      assertThrows(IllegalStateException.class, reader::region);
    }
  }

  @Test
  void whereNothingCanBeWrittenOneLineSaysSo() {
    Path nowhere = folder.resolve("no/such/x.eft");
    RecordingException e =
        assertThrows(
            RecordingException.class, () -> RecordingWriter.create(nowhere, header()).close());
    assertEquals(
        nowhere + ": cannot write here: there is no folder " + nowhere.getParent(), e.getMessage());
  }
}
