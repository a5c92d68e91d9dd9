package dev.elephantfolio.lab.bench;

import java.io.ByteArrayInputStream;
import java.io.ByteArrayOutputStream;
import java.io.IOException;
import java.io.InputStream;
import java.nio.charset.StandardCharsets;
import java.util.zip.GZIPInputStream;

/**
 * A perf script text of any length: the beginning of a real one (a JVM that starts threads), of
 * which everything after the start of the program is repeated, each time a second later. Immutable.
 */
public final class SampleText {
  private static final String RESOURCE = "sample.perf.txt.gz";

  /** Lines that load the program; they stand once, at the beginning. */
  private static final int HEAD_LINES = 1000;

  private final byte[] text;
  private final long lines;

  private SampleText(byte[] text, long lines) {
    this.text = text;
    this.lines = lines;
  }

  /** A text of at least that many lines. */
  public static SampleText ofLines(int lines) {
    byte[] sample = sample();
    int middle = endOfLine(sample, HEAD_LINES);
    int middleLines = newlines(sample, middle);
    ByteArrayOutputStream text = new ByteArrayOutputStream();
    text.write(sample, 0, middle);
    long count = HEAD_LINES;
    for (int repetition = 0; count < lines; repetition++) {
      writeLater(sample, middle, repetition, text);
      count += middleLines;
    }
    return new SampleText(text.toByteArray(), count);
  }

  /** Writes the text from {@code from} on with all its times so many seconds later. */
  private static void writeLater(byte[] sample, int from, int seconds, ByteArrayOutputStream text) {
    int start = from;
    while (start < sample.length) {
      int end = indexOf(sample, '\n', start) + 1;
      int point = indexOf(sample, '.', indexOf(sample, ']', start));
      int number = point;
      while (sample[number - 1] != ' ') {
        number--;
      }
      String later = Integer.toString(parse(sample, number, point) + seconds);
      text.write(sample, start, number - start);
      text.writeBytes(later.getBytes(StandardCharsets.US_ASCII));
      text.write(sample, point, end - point);
      start = end;
    }
  }

  private static int indexOf(byte[] text, char wanted, int from) {
    int at = from;
    while (text[at] != wanted) {
      at++;
    }
    return at;
  }

  private static int parse(byte[] text, int start, int end) {
    return Integer.parseInt(new String(text, start, end - start, StandardCharsets.US_ASCII));
  }

  private static byte[] sample() {
    InputStream packed = SampleText.class.getResourceAsStream(RESOURCE);
    if (packed == null) {
      throw new IllegalStateException("no resource " + RESOURCE);
    }
    try (InputStream in = new GZIPInputStream(packed)) {
      return in.readAllBytes();
    } catch (IOException e) {
      throw new IllegalStateException(RESOURCE + ": " + e.getMessage(), e);
    }
  }

  private static int endOfLine(byte[] text, int line) {
    int at = 0;
    for (int i = 0; i < line; at++) {
      i += text[at] == '\n' ? 1 : 0;
    }
    return at;
  }

  private static int newlines(byte[] text, int from) {
    int count = 0;
    for (int i = from; i < text.length; i++) {
      count += text[i] == '\n' ? 1 : 0;
    }
    return count;
  }

  /** How many lines it has. */
  public long lines() {
    return lines;
  }

  /** The text from its beginning. */
  public InputStream open() {
    return new ByteArrayInputStream(text);
  }
}
