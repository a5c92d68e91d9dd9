package dev.elephantfolio.linux.record;

import dev.elephantfolio.linux.LinuxException;
import dev.elephantfolio.linux.command.Command;
import dev.elephantfolio.linux.libc.LibC;
import dev.elephantfolio.linux.proc.ProcFs;
import java.io.IOException;
import java.io.RandomAccessFile;
import java.nio.charset.StandardCharsets;
import java.nio.file.Path;
import java.time.Duration;
import java.util.ArrayList;
import java.util.List;
import java.util.Optional;
import java.util.concurrent.TimeUnit;

/**
 * {@code perf record} on a process that is there already and on all its descendants. It runs in a
 * session of its own, so that a Ctrl-C for the command does not end the recording of how it ends.
 *
 * <p>perf is told when to begin and to stop over one FIFO and acknowledges over another.
 */
final class PerfSession implements AutoCloseable {
  private static final long BUFFER_MAX_BYTES = 64L << 20;
  private static final long BUFFER_MIN_BYTES = 1L << 20;
  private static final long START_SECONDS = 30;

  private final Process perf;
  private final RandomAccessFile control;
  private final RandomAccessFile acknowledge;
  private final Path data;
  private final Path errors;

  private PerfSession(
      Process perf, RandomAccessFile control, RandomAccessFile acknowledge, Path directory) {
    this.perf = perf;
    this.control = control;
    this.acknowledge = acknowledge;
    this.data = data(directory);
    this.errors = errors(directory);
  }

  /** Starts perf on a process and waits until it records. */
  static PerfSession begin(
      long pid, List<String> tracepoints, TemporaryDirectory temporary, long bufferBytes)
      throws IOException {
    Path directory = temporary.path();
    Path controlFifo = control(directory);
    Path acknowledgeFifo = acknowledge(directory);
    LibC.makeFifo(controlFifo);
    LibC.makeFifo(acknowledgeFifo);
    // Opened for both, a FIFO does not wait for its other end.
    RandomAccessFile control = new RandomAccessFile(controlFifo.toFile(), "rw");
    RandomAccessFile acknowledge = new RandomAccessFile(acknowledgeFifo.toFile(), "rw");
    List<String> words = words(pid, tracepoints, directory, bufferBytes);
    PerfSession session = new PerfSession(start(words, directory), control, acknowledge, directory);
    temporary.usedBy(session.perf);
    try {
      session.enable();
    } catch (RuntimeException | IOException e) {
      session.close();
      throw e;
    }
    return session;
  }

  private static Process start(List<String> words, Path directory) throws IOException {
    return PerfProgram.with(words, errors(directory))
        .redirectOutput(ProcessBuilder.Redirect.DISCARD)
        .start();
  }

  private static List<String> words(
      long pid, List<String> tracepoints, Path directory, long bufferBytes) {
    List<String> words = new ArrayList<>();
    Command.find("setsid").ifPresent(setsid -> words.add(setsid.toString()));
    words.addAll(List.of("perf", "record", "--quiet", "--no-buildid", "--no-buildid-cache"));
    words.addAll(List.of("--output", data(directory).toString()));
    // All maps, not only those with code: so the kernel itself says what is there after an exec.
    words.addAll(List.of("--data", "--sample-cpu", "--timestamp"));
    words.addAll(List.of("--count", "1", "--mmap-pages", bufferBytes + "B"));
    words.addAll(
        List.of(
            "--delay",
            "-1",
            "--control",
            "fifo:" + control(directory) + "," + acknowledge(directory)));
    words.addAll(List.of("--pid", Long.toString(pid)));
    tracepoints.forEach(tracepoint -> words.addAll(List.of("--event", tracepoint)));
    return words;
  }

  /** A CPU's buffer: plenty, but all of them together no more than a sixteenth of what is free. */
  static long bufferBytes() {
    long available = ProcFs.live().availableBytes().orElse(0L);
    long share = available / 16 / Runtime.getRuntime().availableProcessors();
    return Math.clamp(Long.highestOneBit(Math.max(share, 1)), BUFFER_MIN_BYTES, BUFFER_MAX_BYTES);
  }

  private void enable() throws IOException {
    Thread listener = Thread.ofPlatform().daemon().name("perf").start(this::awaitAnswer);
    control.write("enable\n".getBytes(StandardCharsets.US_ASCII));
    long deadline = System.nanoTime() + TimeUnit.SECONDS.toNanos(START_SECONDS);
    try {
      while (!listener.join(Duration.ofMillis(10))) {
        if (!perf.isAlive()) {
          throw couldNotStart();
        }
        if (System.nanoTime() > deadline) {
          throw new LinuxException("perf does not answer: is it older than 5.10?");
        }
      }
    } catch (InterruptedException e) {
      Thread.currentThread().interrupt();
      throw new IOException(e);
    }
  }

  private void awaitAnswer() {
    try {
      int _ = acknowledge.read();
    } catch (IOException _) {
      // Closed: nobody waits any longer.
    }
  }

  private LinuxException couldNotStart() throws IOException {
    String reason = PerfProgram.complaint(errors).orElse("it ended with " + perf.exitValue());
    return reason.contains("paranoid")
            || reason.contains("ermission")
            || reason.contains("ermitted")
        ? new LinuxException("no right to trace: run as root (perf says: " + reason + ")")
        : new LinuxException("perf does not start: " + reason);
  }

  /**
   * Stops the recording and waits for its file.
   *
   * @return what went wrong on the way, in a line
   */
  Optional<String> end() throws IOException {
    control.write("stop\n".getBytes(StandardCharsets.US_ASCII));
    try {
      int code = perf.waitFor();
      return code == 0
          ? Optional.empty()
          : Optional.of(PerfProgram.complaint(errors).orElse("perf ended with " + code));
    } catch (InterruptedException e) {
      Thread.currentThread().interrupt();
      throw new IOException(e);
    }
  }

  /** What was recorded, in perf's own form. */
  Path data() {
    return data;
  }

  private static Path control(Path directory) {
    return directory.resolve("control");
  }

  private static Path acknowledge(Path directory) {
    return directory.resolve("acknowledge");
  }

  private static Path data(Path directory) {
    return directory.resolve("perf.data");
  }

  private static Path errors(Path directory) {
    return directory.resolve("perf.errors");
  }

  /** Ends perf if it still runs. */
  @Override
  public void close() throws IOException {
    perf.destroyForcibly();
    // Whoever still waits for an answer gets one; a close alone would not wake the reader.
    acknowledge.write('\n');
    acknowledge.close();
    control.close();
  }
}
