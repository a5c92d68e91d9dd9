package dev.elephantfolio.lab.scenario;

import dev.elephantfolio.engine.thp.NearestName;
import dev.elephantfolio.lab.LabException;
import java.util.ArrayList;
import java.util.Collection;
import java.util.List;
import java.util.Optional;

/** The words of one line, taken from left to right; and the errors that name a place in it. */
final class Words {
  /** What stands before an outcome. */
  static final String ARROW = "->";

  private static final char COMMENT = '#';
  private static final String GOT_NOTHING = "nothing more";

  private final String file;
  private final int line;
  private final List<Word> words;
  private final int endColumn;
  private int next;

  private Words(String file, int line, List<Word> words, int endColumn) {
    this.file = file;
    this.line = line;
    this.words = words;
    this.endColumn = endColumn;
  }

  /** The words of {@code text}, line {@code line} of {@code file}. */
  static Words of(String file, int line, String text) {
    int end = text.indexOf(COMMENT) < 0 ? text.length() : text.indexOf(COMMENT);
    List<Word> words = new ArrayList<>();
    int at = 0;
    while (at < end) {
      int start = at;
      while (at < end && !Character.isWhitespace(text.charAt(at))) {
        at++;
      }
      if (at > start) {
        add(words, new Word(text.substring(start, at), start + 1));
      } else {
        at++;
      }
    }
    int endColumn = words.isEmpty() ? 1 : words.getLast().endColumn();
    return new Words(file, line, words, endColumn);
  }

  /** An arrow is a word of its own, also without a blank behind it. */
  private static void add(List<Word> words, Word word) {
    if (word.text().startsWith(ARROW) && !word.is(ARROW)) {
      words.add(new Word(ARROW, word.column()));
      words.add(word.from(ARROW.length()));
    } else {
      words.add(word);
    }
  }

  /** The same line with the remaining words cut otherwise. */
  Words recut(List<Word> remaining) {
    return new Words(file, line, remaining, endColumn);
  }

  int line() {
    return line;
  }

  boolean hasNext() {
    return next < words.size();
  }

  /** The next word, which stays there. */
  Optional<Word> peek() {
    return hasNext() ? Optional.of(words.get(next)) : Optional.empty();
  }

  boolean nextIs(String text) {
    return hasNext() && words.get(next).is(text);
  }

  /** Whether something stands there before the outcome. */
  boolean hasOption() {
    return hasNext() && !nextIs(ARROW);
  }

  /** The words that are left. */
  List<Word> rest() {
    List<Word> rest = words.subList(next, words.size());
    next = words.size();
    return rest;
  }

  /**
   * The next word.
   *
   * @param what is expected there, for the error at a line's end
   */
  Word next(String what) {
    if (!hasNext()) {
      throw error(endColumn, "expected " + what + ", got " + GOT_NOTHING);
    }
    return words.get(next++);
  }

  /** Nothing may be left. */
  void end() {
    if (hasNext()) {
      throw expected("the end of the line", words.get(next));
    }
  }

  /** {@code expected WHAT, got 'WORD'}. */
  LabException expected(String what, Word got) {
    return error(got, "expected " + what + ", got '" + got.text() + "'");
  }

  /** As {@link #expected(String, Word)}, with the name that may have been meant. */
  LabException expected(String what, Word got, Collection<String> names) {
    String near =
        NearestName.of(got.text(), names).map(name -> "; did you mean '" + name + "'?").orElse("");
    return error(got, "expected " + what + ", got '" + got.text() + "'" + near);
  }

  /** Throws the reason against a word, if there is one. */
  void refuse(Word word, Optional<String> why) {
    if (why.isPresent()) {
      throw error(word, why.get());
    }
  }

  LabException error(Word at, String message) {
    return error(at.column(), message);
  }

  private LabException error(int column, String message) {
    return new LabException(file + ":" + line + ":" + column + ": " + message);
  }
}
