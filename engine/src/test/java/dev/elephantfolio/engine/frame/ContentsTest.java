package dev.elephantfolio.engine.frame;

import static org.junit.jupiter.api.Assertions.assertArrayEquals;
import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertFalse;
import static org.junit.jupiter.api.Assertions.assertNotEquals;
import static org.junit.jupiter.api.Assertions.assertTrue;

import dev.elephantfolio.engine.sync.Seeds;
import java.util.Arrays;
import java.util.SplittableRandom;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.ValueSource;

class ContentsTest {
  private static final int FRAMES = 4 * FrameBlock.FRAMES;
  private static final int LONGS = Contents.PAGE_SIZE / Long.BYTES;
  private final MemMap map = new MemMap(FRAMES);

  private Contents contents(boolean bytes) {
    return bytes ? Contents.bytes(map) : Contents.tags(map);
  }

  @ParameterizedTest
  @ValueSource(booleans = {false, true})
  void whatWasNeverWrittenIsZero(boolean bytes) {
    Contents contents = contents(bytes);
    assertTrue(contents.isZero(5));
    assertEquals(0, contents.readLong(5, 0));
    assertEquals(0, contents.readLong(5, 4088));
    contents.writeLong(5, 8, 0);
    assertTrue(contents.isZero(5));
    assertTrue(contents.sameContents(5, 6));
    assertEquals(contents.hash(5), contents.hash(6));
  }

  @ParameterizedTest
  @ValueSource(booleans = {false, true})
  void aCopyIsTheSameUntilEitherIsWritten(boolean bytes) {
    Contents contents = contents(bytes);
    contents.writeLong(5, 0, 77);
    contents.writeLong(5, 4088, 78);
    contents.writeLong(900, 0, 1);
    contents.copy(900, 5, 2);
    assertTrue(contents.sameContents(5, 900));
    assertEquals(contents.hash(5), contents.hash(900));
    assertEquals(contents.readLong(5, 4088), contents.readLong(900, 4088));
    assertTrue(contents.isZero(901));
    contents.writeLong(900, 8, 79);
    assertFalse(contents.sameContents(5, 900));
    assertNotEquals(contents.hash(5), contents.hash(900));
  }

  @ParameterizedTest
  @ValueSource(booleans = {false, true})
  void clearingReachesExactlyThePages(boolean bytes) {
    Contents contents = contents(bytes);
    for (int pfn = 0; pfn < FRAMES; pfn++) {
      contents.writeLong(pfn, 0, pfn + 1);
    }
    contents.clear(500, 1100);
    for (int pfn = 0; pfn < FRAMES; pfn++) {
      assertEquals(pfn >= 500 && pfn < 1600, contents.isZero(pfn), "pfn " + pfn);
    }
  }

  @Test
  void aTagIsWhatWasWrittenAtTheStart() {
    Contents contents = Contents.tags(map);
    contents.writeLong(5, 0, 42);
    assertEquals(42, contents.readLong(5, 0));
    contents.writeLong(5, 16, 1);
    long mixed = contents.readLong(5, 0);
    assertNotEquals(42, mixed);
    contents.writeLong(5, 0, 0);
    assertTrue(contents.isZero(5));
  }

  @Test
  void bytesAreAnArrayOfLongs() {
    SplittableRandom random = new SplittableRandom(Seeds.next("bytesAreAnArrayOfLongs"));
    Contents contents = Contents.bytes(map);
    long[][] model = new long[64][LONGS];
    for (int step = 0; step < 20_000; step++) {
      int pfn = random.nextInt(model.length);
      int other = random.nextInt(model.length);
      int word = random.nextInt(3) == 0 ? 0 : random.nextInt(LONGS);
      switch (random.nextInt(8)) {
        case 0 -> {
          contents.copy(pfn, other, 1);
          model[pfn] = model[other].clone();
        }
        case 1 -> {
          contents.clear(pfn, 1);
          Arrays.fill(model[pfn], 0);
        }
        case 2 ->
            assertEquals(
                Arrays.equals(model[pfn], model[other]), contents.sameContents(pfn, other));
        case 3 ->
            assertEquals(Arrays.stream(model[pfn]).allMatch(v -> v == 0), contents.isZero(pfn));
        default -> {
          model[pfn][word] = random.nextInt(3);
          contents.writeLong(pfn, word * Long.BYTES, model[pfn][word]);
        }
      }
    }
    for (int pfn = 0; pfn < model.length; pfn++) {
      long[] read = new long[LONGS];
      for (int word = 0; word < LONGS; word++) {
        read[word] = contents.readLong(pfn, word * Long.BYTES);
      }
      assertArrayEquals(model[pfn], read);
    }
  }
}
