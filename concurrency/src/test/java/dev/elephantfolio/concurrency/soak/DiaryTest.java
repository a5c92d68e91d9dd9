package dev.elephantfolio.concurrency.soak;

import static org.junit.jupiter.api.Assertions.assertEquals;

import java.util.List;
import org.junit.jupiter.api.Test;

class DiaryTest {
  private final Diary diary = new Diary();

  @Test
  void tellsWhatTouchedThePageInOrder() {
    assertEquals("nothing yet", diary.last());
    assertEquals(List.of(), diary.touching(5));
    diary.add("p write", 4, 2);
    diary.add("p read", 6, 1);
    diary.add("p drop", 5, 1);
    assertEquals(List.of("p write 2 pages from 4", "p drop 1 pages from 5"), diary.touching(5));
    assertEquals("p drop 1 pages from 5", diary.last());
  }

  @Test
  void forgetsWhatIsLongAgo() {
    diary.add("p write", 5, 1);
    for (int i = 0; i < 100_000; i++) {
      diary.add("p read", 6, 1);
    }
    assertEquals(List.of(), diary.touching(5));
    for (int i = 0; i < 100; i++) {
      diary.add("p read " + i + ",", 5, 1);
    }
    List<String> told = diary.touching(5);
    assertEquals(16, told.size());
    assertEquals("p read 99, 1 pages from 5", told.getLast());
  }
}
