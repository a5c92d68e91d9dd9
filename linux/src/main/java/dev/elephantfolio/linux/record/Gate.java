package dev.elephantfolio.linux.record;

import dev.elephantfolio.linux.LinuxException;
import dev.elephantfolio.linux.command.Command;
import dev.elephantfolio.linux.command.Trait;
import dev.elephantfolio.linux.libc.LibC;
import java.io.IOException;
import java.io.RandomAccessFile;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.List;
import java.util.Set;

/**
 * Holds a process back until somebody is ready to watch it, then lets it become the command.
 *
 * <p>A shell waits on a FIFO and then executes the command in its own place, so the command has the
 * pid that was known beforehand, our standard streams, and us for a parent. We hold the FIFO open
 * for writing all along: should we die first, the shell reads its end and goes away.
 */
final class Gate implements AutoCloseable {
  private static final String WAIT_THEN_EXEC = "read _ <\"$0\" && exec \"$@\"";

  private final RandomAccessFile fifo;
  private final Process process;

  private Gate(RandomAccessFile fifo, Process process) {
    this.fifo = fifo;
    this.process = process;
  }

  /** Starts the process that will be the command, and holds it. */
  static Gate hold(Command command, Set<Trait> traits, Path directory) throws IOException {
    Path path = directory.resolve("gate");
    LibC.makeFifo(path);
    RandomAccessFile fifo = new RandomAccessFile(path.toFile(), "rw");
    try {
      List<String> words =
          new ArrayList<>(List.of("/bin/sh", "-c", WAIT_THEN_EXEC, path.toString()));
      words.addAll(command.words());
      return new Gate(fifo, Trait.start(new ProcessBuilder(words).inheritIO(), traits));
    } catch (IOException e) {
      fifo.close();
      throw new LinuxException("/bin/sh cannot be executed", e);
    }
  }

  /** The process: first held, then the command. */
  Process process() {
    return process;
  }

  /** Lets it go. */
  void open() throws IOException {
    fifo.write('\n');
  }

  /** Ends the process if it is still held or running. */
  @Override
  public void close() throws IOException {
    fifo.close();
    process.destroyForcibly();
  }
}
