package dev.elephantfolio.linux.measure;

import dev.elephantfolio.linux.LinuxException;
import java.io.IOException;
import java.io.OutputStream;
import java.nio.file.Files;
import java.nio.file.NoSuchFileException;
import java.nio.file.Path;
import java.nio.file.StandardCopyOption;
import java.nio.file.attribute.PosixFilePermissions;

/**
 * A file that is written after long work, but known before to be possible. It grows beside its
 * place under another name, and takes its place when it is complete.
 *
 * @param target its place; what is there is replaced
 */
record JsonFile(Path target) {
  /** What writes a whole file. */
  interface Content {
    void writeTo(OutputStream output) throws IOException;
  }

  /** Makes sure that there can be such a file. */
  void check() {
    if (Files.isDirectory(target)) {
      throw new LinuxException(target + ": cannot be written: it is a directory");
    }
    try {
      Files.delete(createPending());
    } catch (IOException e) {
      throw cannotBeWritten(e);
    }
  }

  void write(Content content) {
    try {
      Path pending = createPending();
      try {
        try (OutputStream output = Files.newOutputStream(pending)) {
          content.writeTo(output);
        }
        Files.setPosixFilePermissions(pending, PosixFilePermissions.fromString("rw-r--r--"));
        Files.move(pending, target, StandardCopyOption.ATOMIC_MOVE);
      } finally {
        Files.deleteIfExists(pending);
      }
    } catch (IOException e) {
      throw cannotBeWritten(e);
    }
  }

  private Path createPending() throws IOException {
    return Files.createTempFile(directory(), "." + target.getFileName() + ".", ".part");
  }

  private Path directory() {
    Path parent = target.toAbsolutePath().getParent();
    return parent == null ? target.toAbsolutePath() : parent;
  }

  private LinuxException cannotBeWritten(IOException e) {
    String why =
        e instanceof NoSuchFileException
            ? "there is no directory " + directory()
            : String.valueOf(e.getMessage());
    return new LinuxException(target + ": cannot be written: " + why, e);
  }
}
