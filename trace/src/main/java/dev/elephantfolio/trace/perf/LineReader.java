package dev.elephantfolio.trace.perf;

import dev.elephantfolio.trace.RecordingException;
import java.io.EOFException;
import java.io.IOException;
import java.io.InputStream;
import java.nio.charset.StandardCharsets;
import java.util.Arrays;
import java.util.zip.GZIPInputStream;
import java.util.zip.ZipException;

/**
 * Lines of text as runs of bytes, without making an object for each. Compressed text is told by its
 * first bytes and unpacked.
 */
final class LineReader {
  /** What is longer is no line that perf prints; it is handed out in pieces of this size. */
  private static final int LINE_LIMIT_BYTES = 1 << 20;

  private final InputStream in;
  private final String name;
  private byte[] buffer = new byte[1 << 18];
  private int filled;
  private int start;
  private int end;
  private int nextStart;
  private long lineNumber;
  private boolean inputEnded;

  private LineReader(InputStream in, String name) {
    this.in = in;
    this.name = name;
  }

  /** Begins at the first line. The name is for messages. */
  static LineReader over(InputStream in, String name) throws IOException {
    byte[] head = in.readNBytes(8);
    refuseKnown(head, name);
    InputStream whole = new HeadFirst(head, in);
    if (head.length >= 2 && head[0] == 0x1F && head[1] == (byte) 0x8B) {
      return new LineReader(unpack(whole, name), name);
    }
    return new LineReader(whole, name);
  }

  private static InputStream unpack(InputStream packed, String name) throws RecordingException {
    try {
      return new GZIPInputStream(packed, 1 << 16);
    } catch (IOException e) {
      throw new RecordingException(name + ": not gzip data after all: " + e.getMessage());
    }
  }

  private static void refuseKnown(byte[] head, String name) throws RecordingException {
    if (head.length == 0) {
      throw new RecordingException(name + ": the file is empty, so it is no perf script text");
    }
    if (Arrays.equals(head, new byte[] {'P', 'E', 'R', 'F', 'I', 'L', 'E', '2'})) {
      throw new RecordingException(
          name
              + ": this is perf's own binary file: import what"
              + " 'perf script -F comm,pid,tid,cpu,time,event,trace"
              + " --ns --show-task-events --show-mmap-events"
              + " --show-lost-events -i "
              + name
              + "' prints");
    }
    if (head.length >= 4 && head[0] == (byte) 0x89 && head[1] == 'E' && head[2] == 'F') {
      throw new RecordingException(name + ": this is a recording already");
    }
  }

  byte[] bytes() {
    return buffer;
  }

  /** Index of the line's first byte. */
  int start() {
    return start;
  }

  /** Index past the line's last byte; the line's end mark is not part of it. */
  int end() {
    return end;
  }

  /** The line's number, from 1. */
  long lineNumber() {
    return lineNumber;
  }

  /** The line as text. */
  String text() {
    return new String(buffer, start, end - start, StandardCharsets.UTF_8);
  }

  /** Moves to the next line; false if there is none. */
  boolean next() throws IOException {
    int scanned = nextStart;
    while (true) {
      int newline = indexOfNewline(scanned);
      if (newline >= 0) {
        return line(newline, newline + 1);
      }
      scanned = filled;
      if (filled - nextStart >= LINE_LIMIT_BYTES || inputEnded) {
        return filled > nextStart && line(filled, filled);
      }
      int moved = nextStart;
      fill();
      scanned -= moved - nextStart;
    }
  }

  private boolean line(int lineEnd, int following) {
    start = nextStart;
    end = lineEnd > start && buffer[lineEnd - 1] == '\r' ? lineEnd - 1 : lineEnd;
    nextStart = following;
    lineNumber++;
    return true;
  }

  private int indexOfNewline(int from) {
    for (int i = from; i < filled; i++) {
      if (buffer[i] == '\n') {
        return i;
      }
    }
    return -1;
  }

  /** Moves the unfinished line to the front and reads on. */
  private void fill() throws IOException {
    System.arraycopy(buffer, nextStart, buffer, 0, filled - nextStart);
    filled -= nextStart;
    nextStart = 0;
    if (filled == buffer.length) {
      buffer = Arrays.copyOf(buffer, buffer.length * 2);
    }
    int count = read();
    inputEnded = count < 0;
    filled += Math.max(count, 0);
  }

  private int read() throws IOException {
    try {
      return in.read(buffer, filled, buffer.length - filled);
    } catch (EOFException _) {
      throw new RecordingException(
          name + ": the gzip data ends early, after line " + lineNumber + ": copy the file again");
    } catch (ZipException e) {
      throw new RecordingException(
          name + ": the gzip data is damaged after line " + lineNumber + ": " + e.getMessage());
    }
  }

  /** The bytes that were looked at already, then the stream they came from. */
  private static final class HeadFirst extends InputStream {
    private final byte[] head;
    private final InputStream rest;
    private int used;

    HeadFirst(byte[] head, InputStream rest) {
      this.head = head;
      this.rest = rest;
    }

    @Override
    public int read() throws IOException {
      return used < head.length ? head[used++] & 0xFF : rest.read();
    }

    @Override
    public int read(byte[] into, int from, int count) throws IOException {
      if (used == head.length) {
        return rest.read(into, from, count);
      }
      int some = Math.min(count, head.length - used);
      System.arraycopy(head, used, into, from, some);
      used += some;
      return some;
    }

    @Override
    public int available() throws IOException {
      return head.length - used + rest.available();
    }
  }
}
