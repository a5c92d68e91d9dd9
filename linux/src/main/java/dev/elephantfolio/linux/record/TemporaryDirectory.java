package dev.elephantfolio.linux.record;

import dev.elephantfolio.linux.LinuxException;
import java.io.IOException;
import java.nio.file.DirectoryStream;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.List;
import java.util.concurrent.CopyOnWriteArrayList;
import java.util.regex.Matcher;
import java.util.regex.Pattern;

/**
 * Where a recording lies until it is imported. It is removed on {@link #close}, when the JVM goes
 * down, and, after a JVM that was killed outright, by the next recording: its name tells whose it
 * was. Processes that work in it are ended first.
 */
final class TemporaryDirectory implements AutoCloseable {
  private static final String PREFIX = "efolio-record-";
  private static final Pattern NAME = Pattern.compile(PREFIX + "([0-9]{1,9})-.*");

  private final Path path;
  private final List<Process> users = new CopyOnWriteArrayList<>();
  private final Thread atShutdown = new Thread(this::remove, "remove recording");

  private TemporaryDirectory(Path path) {
    this.path = path;
  }

  /** Makes one under {@code TMPDIR}, or where this system keeps temporary files. */
  static TemporaryDirectory make() {
    String chosen = System.getenv("TMPDIR");
    Path parent = Path.of(chosen == null ? System.getProperty("java.io.tmpdir") : chosen);
    return make(parent);
  }

  static TemporaryDirectory make(Path parent) {
    try {
      removeLeftovers(parent);
      String name = PREFIX + ProcessHandle.current().pid() + "-";
      TemporaryDirectory made =
          new TemporaryDirectory(Files.createTempDirectory(parent, name).toAbsolutePath());
      Runtime.getRuntime().addShutdownHook(made.atShutdown);
      return made;
    } catch (IOException e) {
      throw new LinuxException(
          parent + ": cannot be written: set TMPDIR to a directory that can", e);
    }
  }

  private static void removeLeftovers(Path parent) throws IOException {
    try (DirectoryStream<Path> leftovers = Files.newDirectoryStream(parent, PREFIX + "*")) {
      for (Path leftover : leftovers) {
        Matcher name = NAME.matcher(String.valueOf(leftover.getFileName()));
        if (name.matches() && ProcessHandle.of(Long.parseLong(name.group(1))).isEmpty()) {
          removeTree(leftover);
        }
      }
    }
  }

  Path path() {
    return path;
  }

  /** Has a process ended before the directory goes. */
  void usedBy(Process user) {
    users.add(user);
  }

  @Override
  public void close() {
    remove();
    try {
      Runtime.getRuntime().removeShutdownHook(atShutdown);
    } catch (IllegalStateException _) {
      // Going down already: the hook does the same once more.
    }
  }

  private void remove() {
    users.forEach(Process::destroyForcibly);
    removeTree(path);
  }

  /** Files only: we make no directories in it. What is another user's stays. */
  private static void removeTree(Path directory) {
    try {
      try (DirectoryStream<Path> files = Files.newDirectoryStream(directory)) {
        for (Path file : files) {
          Files.deleteIfExists(file);
        }
      }
      Files.deleteIfExists(directory);
    } catch (IOException _) {
      // Gone already, or not ours.
    }
  }
}
