package dev.elephantfolio.cli;

import java.io.BufferedWriter;
import java.io.FileDescriptor;
import java.io.FileOutputStream;
import java.io.IOException;
import java.io.OutputStreamWriter;
import java.io.PrintWriter;
import java.io.Serial;
import java.io.Writer;
import java.nio.charset.StandardCharsets;

/**
 * Standard output, in UTF-8, that fails when it cannot be written. {@code System.out} would swallow
 * that, and go on working for nobody.
 */
final class StandardOutput extends Writer {
  private static final int DESCRIPTOR = 1;

  private final Writer out =
      new BufferedWriter(
          new OutputStreamWriter(new FileOutputStream(FileDescriptor.out), StandardCharsets.UTF_8));

  private StandardOutput() {}

  /** Whoever uses it flushes it in the end. */
  static PrintWriter writer() {
    return new PrintWriter(new StandardOutput());
  }

  /**
   * Standard output cannot be written. It is unchecked, as a PrintWriter keeps checked ones for
   * itself.
   */
  static final class FailedException extends RuntimeException {
    @Serial private static final long serialVersionUID = 1;

    private final boolean unread;

    private FailedException(IOException cause) {
      super("standard output: " + cause.getMessage(), cause);
      // The only way in which writing to a pipe can fail.
      this.unread = StandardStream.of(DESCRIPTOR).isPipe();
    }

    /** Whether it is a pipe that nobody reads any longer. */
    boolean isUnread() {
      return unread;
    }
  }

  @Override
  public void write(char[] text, int start, int length) {
    try {
      out.write(text, start, length);
    } catch (IOException e) {
      throw new FailedException(e);
    }
  }

  @Override
  public void write(String text, int start, int length) {
    try {
      out.write(text, start, length);
    } catch (IOException e) {
      throw new FailedException(e);
    }
  }

  @Override
  public void flush() {
    try {
      out.flush();
    } catch (IOException e) {
      throw new FailedException(e);
    }
  }

  @Override
  public void close() {
    flush();
  }
}
