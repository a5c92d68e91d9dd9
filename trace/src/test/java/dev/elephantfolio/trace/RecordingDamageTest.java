package dev.elephantfolio.trace;

import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertFalse;
import static org.junit.jupiter.api.Assertions.assertThrows;
import static org.junit.jupiter.api.Assertions.assertTrue;

import java.io.IOException;
import java.nio.charset.StandardCharsets;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.Arrays;
import java.util.List;
import java.util.Map;
import java.util.Random;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;

class RecordingDamageTest {
  private static final int EVENTS_PER_BLOCK = RecordingWriter.BLOCK_EVENTS;
  private static final int EVENTS = 2 * EVENTS_PER_BLOCK + 40;

  @TempDir Path folder;
  private Path whole;
  private byte[] bytes = new byte[0];
  private List<Integer> blockStarts = List.of();

  /** Two whole blocks that say the same again and again, so that they are small, and a bit more. */
  @BeforeEach
  void writeThreeBlocks() throws IOException {
    whole = folder.resolve("whole.eft");
    try (RecordingWriter writer =
        RecordingWriter.create(whole, RecordingHeader.of("x", "6.18", 2, "test"))) {
      for (int i = 0; i < EVENTS; i++) {
        writer.touch(i, 1, 1 + i / EVENTS_PER_BLOCK, (long) i << 12, AccessBits.WRITE);
      }
      writer.commit();
    }
    bytes = Files.readAllBytes(whole);
    blockStarts = indexesOf("EFBK");
    assertEquals(3, blockStarts.size());
  }

  private List<Integer> indexesOf(String mark) {
    List<Integer> indexes = new ArrayList<>();
    for (int i = 0; i + 4 <= bytes.length; i++) {
      if (new String(bytes, i, 4, StandardCharsets.ISO_8859_1).equals(mark)) {
        indexes.add(i);
      }
    }
    return indexes;
  }

  private Path write(byte[] contents) throws IOException {
    return Files.write(folder.resolve("bad.eft"), contents);
  }

  /** Reads everything; returns how many events came. Each must be the one that was written. */
  private static long read(RecordingReader reader) throws IOException {
    long count = 0;
    while (reader.next()) {
      assertEquals(count, reader.timeNanos());
      assertEquals(count << 12, reader.address());
      count++;
    }
    return count;
  }

  private static long readStrictly(Path file) throws IOException {
    try (RecordingReader reader = RecordingReader.open(file)) {
      return read(reader);
    }
  }

  /** How many events stand in blocks that end at or before that byte. */
  private long eventsBefore(int offset) {
    int footer = indexesOf("EFFT").getFirst();
    if (offset >= footer) {
      return EVENTS;
    }
    long blocks = blockStarts.stream().filter(start -> start <= offset).count() - 1;
    return Math.max(0, blocks) * EVENTS_PER_BLOCK;
  }

  @Test
  void truncatedAnywhereTheRestIsLocatedAndTheBeginningRead() throws IOException {
    for (int length = 1; length < bytes.length; length++) {
      Path file = write(Arrays.copyOf(bytes, length));
      RecordingException e =
          assertThrows(RecordingException.class, () -> RecordingReader.open(file).close());
      assertTrue(e.getMessage().contains("truncated at byte " + length), e.getMessage());
      assertEquals(length, e.byteOffset());
      assertEquals(eventsBefore(length), e.eventsBefore(), e.getMessage());
      if (length >= blockStarts.getFirst()) {
        salvage(file, eventsBefore(length));
      }
    }
  }

  private static void salvage(Path file, long expected) throws IOException {
    try (RecordingReader reader = RecordingReader.open(file, RecordingReader.Mode.SALVAGE)) {
      assertEquals(expected, read(reader));
      RecordingException damage = reader.damage().orElseThrow();
      assertEquals(expected, damage.eventsBefore(), damage.getMessage());
      assertFalse(damage.getMessage().contains("--salvage"), damage.getMessage());
    }
  }

  @Test
  void aFlippedBitIsFoundWhereverItIs() throws IOException {
    Random random = Seeds.random("aFlippedBitIsFoundWhereverItIs");
    for (int i = 0; i < bytes.length; i++) {
      byte[] flipped = bytes.clone();
      flipped[i] ^= (byte) (1 << random.nextInt(8));
      Path file = write(flipped);
      RecordingException e =
          assertThrows(RecordingException.class, () -> readStrictly(file), "byte " + i);
      if (i >= blockStarts.getFirst()) {
        assertTrue(e.byteOffset() <= i, e.getMessage());
        assertEquals(eventsBefore(i), e.eventsBefore(), e.getMessage());
        salvage(file, eventsBefore(i));
      }
    }
  }

  @Test
  void theMessageSaysWhereAndWhatToDo() throws IOException {
    int cut = blockStarts.get(2) + 5;
    Path file = write(Arrays.copyOf(bytes, cut));
    RecordingException e = assertThrows(RecordingException.class, () -> readStrictly(file));
    assertEquals(
        file
            + ": truncated at byte "
            + cut
            + " (block 2): use --salvage to read the 16384 events before it",
        e.getMessage());
  }

  @Test
  void damageInTheMiddleIsMetWhenItIsReached() throws IOException {
    byte[] flipped = bytes.clone();
    flipped[blockStarts.get(1) + 60] ^= 4;
    Path file = write(flipped);
    try (RecordingReader reader = RecordingReader.open(file)) {
      RecordingException e = assertThrows(RecordingException.class, () -> read(reader));
      assertEquals(
          file
              + ": damaged at byte "
              + blockStarts.get(1)
              + " (block 1): the block's checksum is wrong:"
              + " use --salvage to read the 8192 events before it",
          e.getMessage());
    }
  }

  @Test
  void aMissingBlockIsNoticed() throws IOException {
    byte[] without = new byte[bytes.length - (blockStarts.get(2) - blockStarts.get(1))];
    System.arraycopy(bytes, 0, without, 0, blockStarts.get(1));
    System.arraycopy(
        bytes, blockStarts.get(2), without, blockStarts.get(1), bytes.length - blockStarts.get(2));
    Path file = write(without);
    RecordingException e = assertThrows(RecordingException.class, () -> readStrictly(file));
    assertEquals(blockStarts.get(1).longValue(), e.byteOffset());
  }

  @Test
  void bytesAfterTheEndAreNoticed() throws IOException {
    Path file = write(Arrays.copyOf(bytes, bytes.length + 3));
    RecordingException e = assertThrows(RecordingException.class, () -> readStrictly(file));
    assertEquals(EVENTS, e.eventsBefore(), e.getMessage());
    salvage(file, EVENTS);
  }

  @Test
  void whatIsNoRecordingIsToldApart() throws IOException {
    assertRefused(new byte[0], "the file is empty");
    assertRefused(new byte[] {(byte) 0xFF, (byte) 0xD8, (byte) 0xFF, (byte) 0xE0, 0, 16}, "not a");
    assertRefused("hello\n".getBytes(StandardCharsets.UTF_8), "not a recording");
    assertRefused(newerVersion(), "version 7 is newer than the 1 known here");
    Path missing = folder.resolve("missing.eft");
    RecordingException e = assertThrows(RecordingException.class, () -> readStrictly(missing));
    assertEquals(missing + ": no such file", e.getMessage());
    e = assertThrows(RecordingException.class, () -> readStrictly(folder));
    assertEquals(folder + ": not a recording but a directory", e.getMessage());
  }

  private void assertRefused(byte[] contents, String because) throws IOException {
    Path file = write(contents);
    for (RecordingReader.Mode mode : RecordingReader.Mode.values()) {
      RecordingException e =
          assertThrows(RecordingException.class, () -> RecordingReader.open(file, mode).close());
      assertTrue(e.getMessage().startsWith(file + ": "), e.getMessage());
      assertTrue(e.getMessage().contains(because), e.getMessage());
      assertFalse(e.getMessage().contains("\n"));
    }
  }

  private byte[] newerVersion() throws IOException {
    Path file = folder.resolve("newer.eft");
    RecordingHeader header = new RecordingHeader(7, 4096, "", "", 1, "", Map.of());
    try (RecordingWriter writer = RecordingWriter.create(file, header)) {
      writer.commit();
    }
    return Files.readAllBytes(file);
  }

  @Test
  void anEmptyRecordingIsWhole() throws IOException {
    Path file = folder.resolve("none.eft");
    try (RecordingWriter writer = RecordingWriter.create(file, RecordingHeader.of("", "", 0, ""))) {
      writer.commit();
    }
    assertEquals(0, readStrictly(file));
  }
}
