package dev.elephantfolio.lab.scenario;

/**
 * A word of a line.
 *
 * @param column of its first letter, from 1
 */
record Word(String text, int column) {
  /** The column behind its last letter. */
  int endColumn() {
    return column + text.length();
  }

  /** Its letters from the {@code start}th on, in their column. */
  Word from(int start) {
    return new Word(text.substring(start), column + start);
  }

  boolean is(String wanted) {
    return text.equals(wanted);
  }
}
