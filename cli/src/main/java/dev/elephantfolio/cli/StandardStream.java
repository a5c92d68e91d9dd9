package dev.elephantfolio.cli;

import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;

/**
 * What one of our standard streams is connected to.
 *
 * @param target as {@code /proc/self/fd} names it; empty when unknown
 */
record StandardStream(String target) {
  static StandardStream of(int descriptor) {
    Path link = Path.of("/proc/self/fd").resolve(Integer.toString(descriptor));
    try {
      return new StandardStream(Files.readSymbolicLink(link).toString());
    } catch (IOException _) {
      return new StandardStream("");
    }
  }

  boolean isPipe() {
    return target.startsWith("pipe:") || target.startsWith("socket:");
  }

  boolean isTerminal() {
    return target.startsWith("/dev/pts/")
        || target.startsWith("/dev/tty")
        || target.equals("/dev/console");
  }
}
