package dev.elephantfolio.linux.live;

import dev.elephantfolio.linux.LinuxException;
import java.nio.charset.StandardCharsets;
import java.util.ArrayList;
import java.util.HashMap;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;

/**
 * Reads the text of {@code /proc/PID/smaps}. Names and flags come out as the same strings again and
 * again: an area has over twenty of them. Not thread-safe.
 */
final class SmapsText {
  private static final long KIB = 1024;
  private static final String FLAGS = "VmFlags";

  private final Map<Word, String> words = new HashMap<>();
  private final byte[] text;
  private int at;

  /** Bytes that stand for themselves, as a key. */
  private record Word(long first, long second, int length) {}

  private SmapsText(byte[] text) {
    this.text = text;
  }

  /** The areas of a text, which begins with an area and ends with a whole line. */
  static List<LiveArea> parse(byte[] text) {
    SmapsText smaps = new SmapsText(text);
    List<LiveArea> areas = new ArrayList<>();
    while (smaps.at < text.length) {
      areas.add(smaps.area());
    }
    return areas;
  }

  private LiveArea area() {
    int line = at;
    long start = hexadecimal('-');
    long end = hexadecimal(' ');
    String permissions = word(' ');
    String name = name();
    Map<String, Long> fields = new LinkedHashMap<>();
    List<String> flags = List.of();
    while (at < text.length && isUpper(text[at])) {
      String field = word(':');
      if (field.equals(FLAGS)) {
        flags = flags();
      } else {
        fields.put(field, figure());
      }
    }
    if (at == line) {
      throw broken();
    }
    return new LiveArea(start, end, permissions, name, fields, flags);
  }

  private static boolean isUpper(byte character) {
    return character >= 'A' && character <= 'Z';
  }

  private long hexadecimal(char until) {
    long value = 0;
    while (peek() != until) {
      int digit = Character.digit(text[at++], 16);
      if (digit < 0) {
        throw broken();
      }
      value = value << 4 | digit;
    }
    at++;
    return value;
  }

  private byte peek() {
    if (at >= text.length) {
      throw broken();
    }
    return text[at];
  }

  /** Text up to a character, which is left behind. */
  private String word(char until) {
    int from = at;
    while (peek() != until) {
      at++;
    }
    return string(from, at++);
  }

  private String string(int from, int to) {
    int length = to - from;
    if (length > 2 * Long.BYTES) {
      return new String(text, from, length, StandardCharsets.US_ASCII);
    }
    long first = 0;
    long second = 0;
    for (int i = from; i < to; i++) {
      second = second << 8 | first >>> 56;
      first = first << 8 | text[i];
    }
    return words.computeIfAbsent(
        new Word(first, second, length),
        _ -> new String(text, from, length, StandardCharsets.US_ASCII));
  }

  /** Behind offset, device and inode stands the name, if there is one. */
  private String name() {
    for (int i = 0; i < 2; i++) {
      String _ = word(' ');
    }
    int from = at;
    while (peek() != '\n') {
      at++;
    }
    String rest = new String(text, from, at++ - from, StandardCharsets.UTF_8);
    int space = rest.indexOf(' ');
    return space < 0 ? "" : rest.substring(space).strip();
  }

  /** A figure to the line's end; in KiB when that is what stands behind it. */
  private long figure() {
    skipSpaces();
    long value = 0;
    while (peek() >= '0' && peek() <= '9') {
      value = value * 10 + (text[at++] - '0');
    }
    boolean isKib = peek() == ' ';
    while (peek() != '\n') {
      at++;
    }
    at++;
    return isKib ? value * KIB : value;
  }

  private void skipSpaces() {
    while (peek() == ' ') {
      at++;
    }
  }

  private List<String> flags() {
    List<String> flags = new ArrayList<>();
    skipSpaces();
    while (peek() != '\n') {
      flags.add(word(' '));
    }
    at++;
    return flags;
  }

  private LinuxException broken() {
    return new LinuxException("smaps is not as we know it, at byte " + at);
  }
}
