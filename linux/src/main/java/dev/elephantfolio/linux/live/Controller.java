package dev.elephantfolio.linux.live;

import dev.elephantfolio.linux.LinuxException;
import dev.elephantfolio.linux.program.CompiledProgram;
import dev.elephantfolio.linux.program.ProgramSource;
import java.io.IOException;
import java.io.InputStream;
import java.io.OutputStream;
import java.nio.ByteBuffer;
import java.nio.ByteOrder;
import java.nio.charset.StandardCharsets;
import java.nio.file.Path;
import java.util.List;
import java.util.concurrent.TimeUnit;

/**
 * The C program that has the processes of a scenario as its children. It is asked and answers in
 * messages of whole words (its {@code message.c} says how), and ends when its input does, so also
 * when this JVM is killed. Not thread-safe, but for {@link #close}.
 */
final class Controller implements AutoCloseable {
  /** What can be asked for, by the number that it has in {@code controller.c}. */
  enum Request {
    NONE,
    HELLO,
    PREPARE,
    SPAWN,
    CALL,
    LOAD,
    STORE,
    FORK,
    VFORK,
    EXEC,
    EXIT,
    END_ALL,
    OBSERVE,
    COUNTERS,
    SCANS,
    SPLIT,
    APPLIED,
    PIN,
    SPLICE,
    LOAD_HELD,
    STORE_HELD,
    END_HELD,
    LOAD_REMOTELY
  }

  private static final ProgramSource PROCESS =
      new ProgramSource(
          Controller.class,
          "live-process",
          List.of("live.h", "process.c"),
          List.of(
              "-std=gnu11",
              "-static",
              "-nostdlib",
              "-ffreestanding",
              "-fno-stack-protector",
              "-fcf-protection=none",
              "-fno-pie",
              "-no-pie",
              "-mgeneral-regs-only",
              "-Wl,-z,noseparate-code",
              "-Wl,--build-id=none"));

  private static final ProgramSource CONTROLLER =
      new ProgramSource(
          Controller.class,
          "live-controller",
          List.of(
              "live.h",
              "controller.h",
              "controller.c",
              "areas.c",
              "buffer.c",
              "counters.c",
              "damon.c",
              "frames.c",
              "holds.c",
              "khugepaged.c",
              "lru.c",
              "mailbox.c",
              "message.c",
              "observe.c",
              "pages.c",
              "processes.c",
              "remote.c",
              "split.c",
              "values.c",
              "zygote.c"),
          List.of("-std=gnu11", "-D_GNU_SOURCE"));

  private static final int HEADER_BYTES = 8;
  private static final int DONE = 0;
  private static final int ENDED = 2;
  private static final long DEATH_SECONDS = 5;

  private final Process program;
  private final OutputStream requests;
  private final InputStream answers;
  private byte[] request = new byte[1024];

  private Controller(Process program) {
    this.program = program;
    this.requests = program.getOutputStream();
    this.answers = program.getInputStream();
  }

  private static ByteBuffer littleEndian(byte[] bytes) {
    return ByteBuffer.wrap(bytes).order(ByteOrder.LITTLE_ENDIAN);
  }

  /**
   * Starts it, compiled if need be.
   *
   * @param cache where compiled programs are kept
   * @param cpu the processor for it and the processes; negative for the last one allowed
   */
  static Controller start(Path cache, int cpu) {
    Path process = CompiledProgram.in(cache, PROCESS).path();
    Path controller = CompiledProgram.in(cache, CONTROLLER).path();
    try {
      return new Controller(
          new ProcessBuilder(controller.toString(), process.toString(), Integer.toString(cpu))
              .redirectError(ProcessBuilder.Redirect.DISCARD)
              .start());
    } catch (IOException e) {
      throw new LinuxException(controller + ": cannot be run: " + e.getMessage(), e);
    }
  }

  long pid() {
    return program.pid();
  }

  /**
   * Asks and waits for the answer.
   *
   * @return the answer's words, in the machine's byte order
   * @throws LinuxException for a refusal, in its words
   * @throws DiedException when it is not there any more
   */
  ByteBuffer ask(Request kind, long... words) {
    send(kind, words);
    return receive();
  }

  private void send(Request kind, long... words) {
    int size = HEADER_BYTES + Long.BYTES * words.length;
    if (request.length < size) {
      request = new byte[2 * size];
    }
    ByteBuffer message = littleEndian(request).putInt(kind.ordinal()).putInt(words.length);
    for (long word : words) {
      message.putLong(word);
    }
    try {
      requests.write(request, 0, size);
      requests.flush();
    } catch (IOException e) {
      // What it said before it ended is more than what the pipe says.
      receiveLastWords();
      throw died(e);
    }
  }

  private void receiveLastWords() {
    ByteBuffer _ = receive();
  }

  private ByteBuffer receive() {
    try {
      ByteBuffer header = littleEndian(read(HEADER_BYTES));
      int status = header.getInt();
      byte[] answer = read(header.getInt());
      if (status == DONE) {
        return littleEndian(answer);
      }
      String why = new String(answer, StandardCharsets.UTF_8);
      throw status == ENDED ? new DiedException(why) : new LinuxException(why);
    } catch (IOException e) {
      throw died(e);
    }
  }

  private byte[] read(int size) throws IOException {
    byte[] bytes = answers.readNBytes(size);
    if (bytes.length < size) {
      throw new IOException("end of file");
    }
    return bytes;
  }

  private DiedException died(IOException cause) {
    return new DiedException(
        "the program that makes the live calls died (" + exit() + "): run it again", cause);
  }

  private String exit() {
    try {
      if (!program.waitFor(DEATH_SECONDS, TimeUnit.SECONDS)) {
        program.destroyForcibly();
        return "it hung";
      }
      int code = program.exitValue();
      return code > 128 ? "signal " + (code - 128) : "exit code " + code;
    } catch (InterruptedException _) {
      Thread.currentThread().interrupt();
      return "interrupted";
    }
  }

  /** Ends it and all its processes, and waits until it is gone. */
  @Override
  public void close() {
    program.destroyForcibly();
    String _ = exit();
  }

  /** It is gone, and with it every process it had. */
  static final class DiedException extends RuntimeException {
    private static final long serialVersionUID = 1L;

    DiedException(String line) {
      super(line);
    }

    DiedException(String line, Throwable cause) {
      super(line, cause);
    }
  }
}
