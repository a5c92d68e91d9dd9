package dev.elephantfolio.cli;

/** Sentences in lines of a readable length. */
final class Paragraph {
  private static final int WIDTH = 100;

  private Paragraph() {}

  static String of(String text) {
    return of("", text);
  }

  /** Lines of which the first begins with {@code mark}, and the others are indented as far. */
  static String of(String mark, String text) {
    StringBuilder lines = new StringBuilder(mark);
    int column = mark.length();
    for (String word : text.split(" ", -1)) {
      if (column > mark.length() && column + 1 + word.length() > WIDTH) {
        lines.append('\n').append(" ".repeat(mark.length()));
        column = mark.length();
      } else if (column > mark.length()) {
        lines.append(' ');
        column++;
      }
      lines.append(word);
      column += word.length();
    }
    return lines.toString();
  }
}
