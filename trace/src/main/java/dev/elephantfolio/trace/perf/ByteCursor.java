package dev.elephantfolio.trace.perf;

import java.nio.charset.StandardCharsets;
import java.util.Arrays;

/** A place in a line of bytes, and the small steps a hand-written parser takes from it. */
final class ByteCursor {
  /** What the last {@link #decimal()} or {@link #parseNumber()} read. */
  long number;

  private byte[] bytes = new byte[0];
  private int position;
  private int end;

  void over(byte[] newBytes, int start, int newEnd) {
    bytes = newBytes;
    position = start;
    end = newEnd;
  }

  int position() {
    return position;
  }

  void seek(int to) {
    position = to;
  }

  boolean atEnd() {
    return position >= end;
  }

  /** The byte here; 0 at the end. */
  byte peek() {
    return position < end ? bytes[position] : 0;
  }

  byte byteAt(int index) {
    return bytes[index];
  }

  void advance() {
    position++;
  }

  boolean isDigit() {
    byte here = peek();
    return here >= '0' && here <= '9';
  }

  boolean onlySpaces(int from) {
    for (int i = from; i < end; i++) {
      if (bytes[i] != ' ') {
        return false;
      }
    }
    return true;
  }

  /** Always true, so that it can stand in a chain. */
  boolean skipSpaces() {
    while (position < end && bytes[position] == ' ') {
      position++;
    }
    return true;
  }

  /** To the end of a run of capitals, digits and underscores. */
  void skipWord() {
    while (isWord(peek())) {
      position++;
    }
  }

  private static boolean isWord(byte here) {
    boolean capital = here >= 'A' && here <= 'Z';
    boolean digit = here >= '0' && here <= '9';
    return capital || digit || here == '_';
  }

  boolean skip(char expected) {
    if (position < end && bytes[position] == expected) {
      position++;
      return true;
    }
    return false;
  }

  boolean skip(byte[] expected) {
    if (matches(position, expected)) {
      position += expected.length;
      return true;
    }
    return false;
  }

  boolean matches(int from, byte[] expected) {
    return end - from >= expected.length
        && Arrays.equals(bytes, from, from + expected.length, expected, 0, expected.length);
  }

  /** Behind the next such byte. */
  boolean find(char wanted) {
    for (int i = position; i < end; i++) {
      if (bytes[i] == wanted) {
        position = i + 1;
        return true;
      }
    }
    return false;
  }

  /** To the next byte that is one of those. */
  boolean skipTo(String wanted) {
    while (position < end && wanted.indexOf(bytes[position]) < 0) {
      position++;
    }
    return position < end;
  }

  /** Behind the last such byte of the line. */
  boolean findLast(char wanted) {
    for (int i = end - 1; i >= position; i--) {
      if (bytes[i] == wanted) {
        position = i + 1;
        return true;
      }
    }
    return false;
  }

  /** Behind the last such run of the line. */
  boolean findLast(byte[] wanted) {
    int index = lastIndexOf(wanted);
    position = index < 0 ? position : index + wanted.length;
    return index >= 0;
  }

  /** Where the last such run begins; -1 if there is none from here on. */
  int lastIndexOf(byte[] wanted) {
    for (int i = end - wanted.length; i >= position; i--) {
      if (bytes[i] == wanted[0] && matches(i, wanted)) {
        return i;
      }
    }
    return -1;
  }

  PerfCall call(int from, int to) {
    return PerfCall.of(bytes, from, to);
  }

  String string(int from, int to) {
    return new String(bytes, from, to - from, StandardCharsets.UTF_8);
  }

  /** Reads decimal digits, with a sign if there is one, into {@link #number}. */
  boolean decimal() {
    boolean negative = skip('-');
    int from = position;
    long value = 0;
    while (position < end) {
      int digit = bytes[position] - '0';
      if (digit < 0 || digit > 9) {
        break;
      }
      value = value * 10 + digit;
      position++;
    }
    number = negative ? -value : value;
    return position > from;
  }

  /** Reads a number, hexadecimal after 0x, else decimal, into {@link #number}. */
  boolean parseNumber() {
    if (end - position > 2 && bytes[position] == '0' && bytes[position + 1] == 'x') {
      position += 2;
      return hexadecimal();
    }
    return decimal();
  }

  private boolean hexadecimal() {
    int from = position;
    long value = 0;
    while (position < end) {
      int digit = Character.digit(bytes[position], 16);
      if (digit < 0) {
        break;
      }
      value = (value << 4) | digit;
      position++;
    }
    number = value;
    return position > from && position - from <= 16;
  }
}
