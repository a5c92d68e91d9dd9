package dev.elephantfolio.trace;

import java.io.IOException;
import java.nio.channels.FileChannel;
import java.nio.file.AccessDeniedException;
import java.nio.file.AtomicMoveNotSupportedException;
import java.nio.file.FileSystemException;
import java.nio.file.Files;
import java.nio.file.NoSuchFileException;
import java.nio.file.Path;
import java.nio.file.StandardCopyOption;
import java.nio.file.StandardOpenOption;
import java.util.concurrent.atomic.AtomicBoolean;

/**
 * A file that appears at its place only when it is complete: it grows beside it under a temporary
 * name, which is removed when it is given up, also when the JVM is told to stop.
 */
final class PendingFile {
  private final Path target;
  private final Path temporary;
  private final FileChannel channel;
  private final Thread removal;
  private final AtomicBoolean over = new AtomicBoolean();

  private PendingFile(Path target, Path temporary, FileChannel channel) {
    this.target = target;
    this.temporary = temporary;
    this.channel = channel;
    this.removal = new Thread(this::remove, "remove " + temporary);
    Runtime.getRuntime().addShutdownHook(removal);
  }

  static PendingFile beside(Path target) throws IOException {
    if (Files.isDirectory(target)) {
      throw new RecordingException(target + ": cannot write a recording here: it is a directory");
    }
    Path folder = folderOf(target);
    Path temporary =
        folder.resolve(
            "." + target.getFileName() + "." + Long.toHexString(System.nanoTime()) + ".part");
    try {
      FileChannel channel =
          FileChannel.open(temporary, StandardOpenOption.CREATE_NEW, StandardOpenOption.WRITE);
      return new PendingFile(target, temporary, channel);
    } catch (IOException e) {
      throw cannotWrite(target, folder, e);
    }
  }

  /** The folder a file stands in. */
  static Path folderOf(Path target) {
    Path parent = target.toAbsolutePath().getParent();
    return parent == null ? target.toAbsolutePath() : parent;
  }

  static RecordingException cannotWrite(Path target, Path folder, IOException cause) {
    return new RecordingException(target + ": cannot write here: " + reason(folder, cause));
  }

  private static String reason(Path folder, IOException cause) {
    return switch (cause) {
      case NoSuchFileException _ -> "there is no folder " + folder;
      case AccessDeniedException _ -> "no permission to write in " + folder;
      case FileSystemException e when e.getReason() != null -> e.getReason();
      default -> String.valueOf(cause.getMessage());
    };
  }

  FileChannel channel() {
    return channel;
  }

  /** Moves the file to its place, replacing what stands there, in one step. */
  void publish() throws IOException {
    channel.close();
    try {
      Files.move(temporary, target, StandardCopyOption.ATOMIC_MOVE);
    } catch (AtomicMoveNotSupportedException _) {
      Files.move(temporary, target, StandardCopyOption.REPLACE_EXISTING);
    }
    end();
  }

  /** Removes the file unless it was published. */
  void discard() throws IOException {
    channel.close();
    remove();
    end();
  }

  private void remove() {
    try {
      if (!over.get()) {
        Files.deleteIfExists(temporary);
      }
    } catch (IOException _) {
      // Nothing more can be done about a leftover with a telling name.
    }
  }

  private void end() {
    if (over.compareAndSet(false, true)) {
      try {
        Runtime.getRuntime().removeShutdownHook(removal);
      } catch (IllegalStateException _) {
        // The JVM is stopping: the hook finds nothing to remove.
      }
    }
  }
}
