package dev.elephantfolio.cli;

import static org.junit.jupiter.api.Assertions.assertEquals;

import org.junit.jupiter.api.Test;

final class ParagraphTest {
  @Test
  void breaksBetweenWords() {
    String word = "a".repeat(49);
    assertEquals(word + " " + word + "\n" + word, Paragraph.of(word + " " + word + " " + word));
  }

  @Test
  void indentsWhatFollowsAMark() {
    String word = "a".repeat(60);
    assertEquals("- " + word + "\n  " + word, Paragraph.of("- ", word + " " + word));
  }

  @Test
  void leavesALongWordWhole() {
    String word = "a".repeat(150);
    assertEquals(word + "\nb", Paragraph.of(word + " b"));
  }
}
