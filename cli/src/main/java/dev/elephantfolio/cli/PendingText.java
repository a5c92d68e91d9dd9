package dev.elephantfolio.cli;

import java.io.IOException;
import java.io.Writer;
import java.nio.file.Files;
import java.nio.file.Path;
import java.nio.file.StandardCopyOption;
import java.util.concurrent.atomic.AtomicBoolean;

/**
 * A text file that appears at its place only when it is complete. Until then it has another name,
 * and is removed when it is given up, also by Ctrl-C.
 */
final class PendingText implements AutoCloseable {
  private final OutputPlace place;
  private final Path temporary;
  private final Writer writer;
  private final AtomicBoolean over = new AtomicBoolean();
  private final Thread atShutdown = new Thread(this::remove, "remove unfinished file");

  PendingText(OutputPlace place, Path temporary, Writer writer) {
    this.place = place;
    this.temporary = temporary;
    this.writer = writer;
    Runtime.getRuntime().addShutdownHook(atShutdown);
  }

  /** Writes to the file; its failures are to be told by {@link OutputPlace#cannotWrite}. */
  Writer writer() {
    return writer;
  }

  /**
   * The file is complete.
   *
   * @throws BadInputException when the rest of it cannot be written
   */
  void commit() {
    try {
      writer.close();
      Files.move(temporary, place.path(), StandardCopyOption.ATOMIC_MOVE);
    } catch (IOException e) {
      throw place.cannotWrite(e);
    }
    over.set(true);
  }

  private void remove() {
    if (over.compareAndSet(false, true)) {
      try {
        Files.deleteIfExists(temporary);
      } catch (IOException _) {
        // Nothing more can be done about a leftover with a telling name.
      }
    }
  }

  /** Gives the file up unless it is complete. */
  @Override
  public void close() {
    try {
      writer.close();
    } catch (IOException _) {
      // It is given up, or its commit has told why.
    }
    remove();
    try {
      Runtime.getRuntime().removeShutdownHook(atShutdown);
    } catch (IllegalStateException _) {
      // Going down already: the hook has nothing left to do.
    }
  }
}
