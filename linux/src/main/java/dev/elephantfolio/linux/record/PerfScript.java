package dev.elephantfolio.linux.record;

import dev.elephantfolio.linux.LinuxException;
import dev.elephantfolio.trace.perf.ExecMaps;
import java.io.FilterInputStream;
import java.io.IOException;
import java.io.InputStream;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.List;

/** {@code perf script} on a recording, printing it in the form that is imported. */
final class PerfScript implements AutoCloseable {
  private final Process perf;
  private final Path errors;
  private final ExecMapCollector maps = new ExecMapCollector();
  private final PerfText text;

  private PerfScript(Process perf, Path errors, long commandPid) {
    this.perf = perf;
    this.errors = errors;
    this.text = new PerfText(new Whole(perf.getInputStream()), commandPid, maps);
  }

  /** Begins to print a recording. */
  static PerfScript print(Capture capture, TemporaryDirectory directory) throws IOException {
    List<String> words = new ArrayList<>(List.of("perf", "script"));
    words.addAll(List.of("--input", capture.data().toString(), "--ns"));
    words.addAll(List.of("--show-mmap-events", "--show-task-events", "--show-lost-events"));
    words.addAll(List.of("--fields", "comm,pid,tid,cpu,time,event,trace"));
    Path errors = directory.path().resolve("script.errors");
    Process perf = PerfProgram.with(words, errors).start();
    directory.usedBy(perf);
    return new PerfScript(perf, errors, capture.commandPid());
  }

  /**
   * The command's part of what is printed. Reading it throws when perf did not print all of its
   * recording.
   */
  PerfText text() {
    return text;
  }

  /** The maps that execs made; complete when the text has been read. */
  ExecMaps maps() {
    return maps;
  }

  /** What perf prints; its end is only an end when perf came to it without an error. */
  private final class Whole extends FilterInputStream {
    Whole(InputStream output) {
      super(output);
    }

    @Override
    public int read() throws IOException {
      int one = in.read();
      if (one < 0) {
        requireSuccess();
      }
      return one;
    }

    @Override
    public int read(byte[] target, int offset, int length) throws IOException {
      int got = in.read(target, offset, length);
      if (got < 0) {
        requireSuccess();
      }
      return got;
    }
  }

  private void requireSuccess() throws IOException {
    try {
      int code = perf.waitFor();
      if (code != 0) {
        String reason = PerfProgram.complaint(errors).orElse("it ended with " + code);
        throw new LinuxException("perf cannot print its recording: " + reason);
      }
    } catch (InterruptedException e) {
      Thread.currentThread().interrupt();
      throw new IOException("interrupted", e);
    }
  }

  @Override
  public void close() throws IOException {
    perf.destroyForcibly();
    text.close();
  }
}
