package dev.elephantfolio.cli;

import java.io.IOException;
import java.nio.file.AccessDeniedException;
import java.nio.file.FileSystemException;
import java.nio.file.Files;
import java.nio.file.NoSuchFileException;
import java.nio.file.Path;
import java.nio.file.StandardOpenOption;

/**
 * A place where a file is to stand that is written beside it and moved there when it is complete.
 *
 * @param path what stands there is replaced
 */
record OutputPlace(Path path) {
  /**
   * Makes sure that a file can be written there, before long work is done for it.
   *
   * @throws BadInputException when it cannot
   */
  void check() {
    if (Files.isDirectory(path)) {
      throw cannotWrite("it is a directory");
    }
    if (Files.exists(path) && !Files.isRegularFile(path)) {
      // To replace /dev/null by a file would be the end of more than this command.
      throw cannotWrite("it is a device or a pipe, not a file");
    }
    if (Files.exists(path) && !Files.isWritable(path)) {
      throw cannotWrite("no permission to change it");
    }
    try {
      Path probe = beside();
      Files.createFile(probe);
      Files.delete(probe);
    } catch (IOException e) {
      throw cannotWrite(e);
    }
  }

  /**
   * Makes sure also that what is written there is not what it is made from.
   *
   * @throws BadInputException when it is
   */
  void check(Path input) {
    try {
      if (Files.exists(path) && Files.exists(input) && Files.isSameFile(path, input)) {
        throw cannotWrite("it is the input; name another file");
      }
    } catch (IOException _) {
      // What cannot be looked at cannot be read either, and that is told by who reads it.
    }
    check();
  }

  /** Opens the file that becomes the one at this place by {@link PendingText#commit()}. */
  PendingText open() {
    Path temporary = beside();
    try {
      return new PendingText(
          this,
          temporary,
          Files.newBufferedWriter(
              temporary, StandardOpenOption.CREATE_NEW, StandardOpenOption.WRITE));
    } catch (IOException e) {
      throw cannotWrite(e);
    }
  }

  private Path beside() {
    String unique = Long.toHexString(System.nanoTime());
    return directory().resolve("." + path.getFileName() + "." + unique + ".part");
  }

  private Path directory() {
    Path parent = path.toAbsolutePath().getParent();
    return parent == null ? path.toAbsolutePath() : parent;
  }

  BadInputException cannotWrite(IOException cause) {
    return cannotWrite(
        switch (cause) {
          case NoSuchFileException _ when !Files.isDirectory(directory()) ->
              "there is no directory " + directory();
          case NoSuchFileException _ -> "no file can be made in " + directory();
          case AccessDeniedException _ -> "no permission to write in " + directory();
          case FileSystemException e when e.getReason() != null -> e.getReason();
          default -> String.valueOf(cause.getMessage());
        });
  }

  private BadInputException cannotWrite(String why) {
    return new BadInputException(path + ": cannot be written: " + why);
  }
}
