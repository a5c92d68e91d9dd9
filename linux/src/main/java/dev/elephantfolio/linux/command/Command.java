package dev.elephantfolio.linux.command;

import dev.elephantfolio.linux.LinuxException;
import java.io.File;
import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.List;
import java.util.Optional;
import java.util.Set;

/**
 * A command as the user typed it, known to be there and executable.
 *
 * @param words the program and its arguments; at least one
 */
public record Command(List<String> words) {
  private static final String USUAL_PATH = "/usr/local/bin:/usr/bin:/bin";

  public Command {
    words = List.copyOf(words);
  }

  /** Makes sure that the program is there and may be executed, before anything is done for it. */
  public static Command of(List<String> words) {
    if (words.isEmpty()) {
      throw new LinuxException("no command: write it after --");
    }
    String program = words.getFirst();
    if (program.contains("/")) {
      checkFile(program);
    } else if (find(program).isEmpty()) {
      throw new LinuxException(program + ": no such command");
    }
    return new Command(words);
  }

  /** Where a program is found that is named without a slash; empty when it is not. */
  public static Optional<Path> find(String program) {
    String path = System.getenv("PATH");
    for (String directory : (path == null ? USUAL_PATH : path).split(File.pathSeparator)) {
      Path candidate = Path.of(directory.isEmpty() ? "." : directory).resolve(program);
      if (Files.isRegularFile(candidate) && Files.isExecutable(candidate)) {
        return Optional.of(candidate);
      }
    }
    return Optional.empty();
  }

  private static void checkFile(String program) {
    Path file = Path.of(program);
    if (!Files.exists(file)) {
      throw new LinuxException(program + ": no such file");
    }
    if (!Files.isRegularFile(file) || !Files.isExecutable(file)) {
      throw new LinuxException(program + ": not executable");
    }
  }

  /** The program's name without its directory. */
  public String name() {
    Path name = Path.of(words.getFirst()).getFileName();
    return name == null ? words.getFirst() : name.toString();
  }

  /**
   * Starts it on our own standard streams.
   *
   * @param traits what it inherits
   */
  public Process start(Set<Trait> traits) {
    try {
      return Trait.start(new ProcessBuilder(words).inheritIO(), traits);
    } catch (IOException e) {
      throw new LinuxException(words.getFirst() + ": cannot be executed: " + reason(e), e);
    }
  }

  /** What the system said, out of what Java made of it. */
  private static String reason(IOException e) {
    String message = String.valueOf(e.getMessage());
    int error = message.indexOf("error=");
    int comma = message.indexOf(',', error);
    return error < 0 || comma < 0 ? message : message.substring(comma + 1).strip();
  }
}
