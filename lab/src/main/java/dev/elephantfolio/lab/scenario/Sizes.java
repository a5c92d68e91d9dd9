package dev.elephantfolio.lab.scenario;

import java.util.OptionalLong;

/** Sizes as scenarios write them: {@code 4096}, {@code 4K}, {@code 2M}, {@code 1G}. */
public final class Sizes {
  private static final String UNITS = "KMGT";
  private static final int UNIT_SHIFT = 10;

  private Sizes() {}

  /** The bytes, as an unsigned number of 64 bits; empty when {@code text} is no size. */
  public static OptionalLong parse(String text) {
    int unit = text.isEmpty() ? -1 : UNITS.indexOf(text.charAt(text.length() - 1));
    String digits = unit < 0 ? text : text.substring(0, text.length() - 1);
    int shift = (unit + 1) * UNIT_SHIFT;
    OptionalLong number = unsigned(digits);
    if (number.isEmpty()) {
      return number;
    }
    long bytes = number.getAsLong() << shift;
    return bytes >>> shift == number.getAsLong() ? OptionalLong.of(bytes) : OptionalLong.empty();
  }

  /** A number of decimal digits alone; empty when it is none or has more than 64 bits. */
  static OptionalLong unsigned(String digits) {
    boolean plain = !digits.isEmpty() && digits.chars().allMatch(c -> c >= '0' && c <= '9');
    if (!plain) {
      return OptionalLong.empty();
    }
    try {
      return OptionalLong.of(Long.parseUnsignedLong(digits));
    } catch (NumberFormatException tooLarge) {
      return OptionalLong.empty();
    }
  }

  /** With the largest unit that leaves a whole number. */
  public static String print(long bytes) {
    if (bytes == 0) {
      return "0";
    }
    int units = Math.min(Long.numberOfTrailingZeros(bytes) / UNIT_SHIFT, UNITS.length());
    String number = Long.toUnsignedString(bytes >>> (units * UNIT_SHIFT));
    return units == 0 ? number : number + UNITS.charAt(units - 1);
  }
}
