package dev.elephantfolio.lab.scenario;

import java.util.ArrayList;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import java.util.OptionalLong;
import java.util.function.Function;
import java.util.regex.Pattern;

/** Takes the words of a line as what they stand for: places, sizes, numbers, names. */
final class Terms {
  private static final Pattern NAME = Pattern.compile("[A-Za-z_][A-Za-z0-9_.-]*");
  private static final int REGIONS_MAX = 65_536;
  private static final long HEAP_WINDOW_BYTES = Place.FIRST_WINDOW - Place.HEAP_START;

  private final Words words;

  /** The regions of the whole scenario so far, with their numbers. */
  private final Map<String, Integer> regions;

  Terms(Words words, Map<String, Integer> regions) {
    this.words = words;
    this.regions = regions;
  }

  Words words() {
    return words;
  }

  /** The same line with the remaining words cut otherwise. */
  Terms recut(List<Word> remaining) {
    return new Terms(words.recut(remaining), regions);
  }

  /** A place: {@code a+4K}. */
  Place place() {
    return place(words.next("an address, as a or a+4K"));
  }

  Place place(Word word) {
    int plus = word.text().indexOf('+');
    String name = plus < 0 ? word.text() : word.text().substring(0, plus);
    int number = region(name, word);
    long offset = plus < 0 ? 0 : size(word.from(plus + 1), "a size behind '+', as a+4K");
    long window = number == Place.HEAP_NUMBER ? HEAP_WINDOW_BYTES : Place.WINDOW_BYTES;
    if (Long.compareUnsigned(offset, window) >= 0) {
      throw words.error(
          word.from(plus + 1),
          word.text() + " lies outside of what belongs to " + name + ": " + Sizes.print(window));
    }
    return new Place(name, number, offset);
  }

  private int region(String name, Word word) {
    if (name.equals(Place.HEAP)) {
      return Place.HEAP_NUMBER;
    }
    if (!NAME.matcher(name).matches()) {
      throw words.expected("an address, as a or a+4K", word);
    }
    int number = regions.computeIfAbsent(name, _ -> regions.size());
    if (number >= REGIONS_MAX) {
      throw words.error(word, "a scenario has at most " + REGIONS_MAX + " regions");
    }
    return number;
  }

  /** A name for a process or the like. */
  Word name(String what) {
    Word word = words.next(what);
    if (!NAME.matcher(word.text()).matches()) {
      throw words.expected(what + " (letters, digits, _ . -)", word);
    }
    return word;
  }

  /** Bytes: {@code 4K}. */
  long size(String what) {
    return size(words.next(what + ", as 4096, 4K or 2M"), what + ", as 4096, 4K or 2M");
  }

  long size(Word word, String what) {
    return Sizes.parse(word.text()).orElseThrow(() -> words.expected(what, word));
  }

  /** A length of at most {@code maxBytes}. */
  long lengthUpTo(long maxBytes) {
    Word word = words.next("a length, as 4096, 4K or 2M");
    long bytes = size(word, "a length, as 4096, 4K or 2M");
    if (Long.compareUnsigned(bytes, maxBytes) > 0) {
      throw words.expected("a length of up to " + Sizes.print(maxBytes), word);
    }
    return bytes;
  }

  /** A whole number from {@code min} to {@code max}. */
  int number(String what, int min, int max) {
    return number(words.next(what), what, min, max);
  }

  int number(Word word, String what, int min, int max) {
    OptionalLong number = Sizes.unsigned(word.text());
    if (number.isEmpty() || number.getAsLong() < min || number.getAsLong() > max) {
      throw words.expected(what + ", " + min + " to " + max, word);
    }
    return (int) number.getAsLong();
  }

  /** 64 bits: {@code 7} or {@code 0xff}. */
  long value(String what) {
    Word word = words.next(what + ", as 7 or 0xff");
    OptionalLong value =
        word.text().startsWith("0x") ? hexadecimal(word.text()) : Sizes.unsigned(word.text());
    return value.orElseThrow(() -> words.expected(what + ", as 7 or 0xff", word));
  }

  /** A value, if one stands there before the outcome. */
  OptionalLong optionalValue() {
    return words.hasOption() ? OptionalLong.of(value("a value")) : OptionalLong.empty();
  }

  private static OptionalLong hexadecimal(String text) {
    try {
      // Without this, a sign behind 0x would be taken.
      boolean plain = Character.digit(text.length() > 2 ? text.charAt(2) : ' ', 16) >= 0;
      return plain
          ? OptionalLong.of(Long.parseUnsignedLong(text, 2, text.length(), 16))
          : OptionalLong.empty();
    } catch (NumberFormatException notHexadecimal) {
      return OptionalLong.empty();
    }
  }

  /** One of {@code choices}, by the word of each. */
  <T> T choice(String what, List<T> choices, Function<T, String> wordOf) {
    Map<String, T> byWord = new LinkedHashMap<>();
    choices.forEach(choice -> byWord.put(wordOf.apply(choice), choice));
    String all = what + " (" + String.join(" ", byWord.keySet()) + ")";
    Word word = words.next(all);
    T chosen = byWord.get(word.text());
    if (chosen == null) {
      throw words.expected(all, word, new ArrayList<>(byWord.keySet()));
    }
    return chosen;
  }
}
