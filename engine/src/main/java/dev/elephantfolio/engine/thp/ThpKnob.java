package dev.elephantfolio.engine.thp;

import dev.elephantfolio.engine.Errno;
import dev.elephantfolio.engine.MemoryException;
import java.util.List;
import java.util.Optional;

/**
 * One file under {@code /sys/kernel/mm/transparent_hugepage}: what may be written to it and how it
 * reads back. The value itself is a number, kept by {@link ThpSettings}.
 *
 * <p>Behaviour: the store and show functions of mm/huge_memory.c, mm/khugepaged.c and mm/shmem.c of
 * 6.18, tried on a live one.
 */
sealed interface ThpKnob {
  /** The file's name relative to {@code /sys/kernel/mm}. */
  String key();

  /**
   * The number that writing {@code text}, without its final newline, would store.
   *
   * @throws MemoryException EINVAL; EACCES when the file cannot be written
   */
  long parse(String text);

  /** What the file reads as, without the final newline. */
  String show(long value);

  /** Words that may be written; empty when the file takes numbers. */
  default List<String> words() {
    return List.of();
  }

  private static MemoryException refused() {
    return new MemoryException(Errno.EINVAL);
  }

  /** A file that takes one of some words and reads as all of them, the present one in brackets. */
  record Choice(String key, List<String> words) implements ThpKnob {
    @Override
    public long parse(String text) {
      int index = words.indexOf(text);
      if (index < 0) {
        throw refused();
      }
      return index;
    }

    @Override
    public String show(long value) {
      StringBuilder line = new StringBuilder();
      for (int i = 0; i < words.size(); i++) {
        String word = words.get(i);
        line.append(i == 0 ? "" : " ").append(i == value ? "[" + word + "]" : word);
      }
      return line.toString();
    }
  }

  /** A file that takes a decimal number of a range. */
  record Decimal(String key, long min, long max) implements ThpKnob {
    /** More digits than this (leading zeroes aside) cannot be in any range here. */
    private static final int DIGITS_MAX = 18;

    @Override
    public long parse(String text) {
      long value = decimal(text).orElseThrow(ThpKnob::refused);
      if (value < min || value > max) {
        throw refused();
      }
      return value;
    }

    private static Optional<Long> decimal(String text) {
      String digits = text.startsWith("+") ? text.substring(1) : text;
      if (digits.isEmpty() || !digits.chars().allMatch(c -> c >= '0' && c <= '9')) {
        return Optional.empty();
      }
      String significant = digits.replaceFirst("^0+(?=.)", "");
      return significant.length() > DIGITS_MAX
          ? Optional.empty()
          : Optional.of(Long.valueOf(significant));
    }

    @Override
    public String show(long value) {
      return Long.toString(value);
    }
  }

  /** A file that takes anything whose first letters say yes or no. */
  record Switch(String key) implements ThpKnob {
    @Override
    public long parse(String text) {
      if (text.isEmpty()) {
        throw refused();
      }
      return switch (Character.toLowerCase(text.charAt(0))) {
        case '1', 'y', 't', 'e' -> 1;
        case '0', 'n', 'f', 'd' -> 0;
        case 'o' -> parseOnOff(text);
        default -> throw refused();
      };
    }

    private static long parseOnOff(String text) {
      char second = text.length() < 2 ? ' ' : Character.toLowerCase(text.charAt(1));
      return switch (second) {
        case 'n' -> 1;
        case 'f' -> 0;
        default -> throw refused();
      };
    }

    @Override
    public String show(long value) {
      return Long.toString(value);
    }
  }

  /** A file that only reads. */
  record ReadOnly(String key) implements ThpKnob {
    @Override
    public long parse(String text) {
      throw new MemoryException(Errno.EACCES);
    }

    @Override
    public String show(long value) {
      return Long.toString(value);
    }
  }
}
