package dev.elephantfolio.lab.replay;

import dev.elephantfolio.trace.AccessBits;
import dev.elephantfolio.trace.EventKind;
import dev.elephantfolio.trace.Mman;
import dev.elephantfolio.trace.RecordedRegion;
import dev.elephantfolio.trace.RecordingHeader;
import dev.elephantfolio.trace.RecordingReader;
import dev.elephantfolio.trace.RecordingWriter;
import dev.elephantfolio.trace.RegionKind;
import java.io.IOException;
import java.io.UncheckedIOException;
import java.nio.file.Path;
import java.util.Map;

/** A recording told by hand: one event after the other, each where and when the story stands. */
public final class Story implements AutoCloseable {
  public static final long PAGE = 4096;
  public static final long HUGE = 2 << 20;
  public static final int READ_WRITE = Mman.PROT_READ | Mman.PROT_WRITE;
  public static final int PRIVATE = Mman.MAP_PRIVATE | Mman.MAP_ANONYMOUS;

  private final Path file;
  private final RecordingWriter writer;
  private long nanos;
  private int pid = 1;

  private Story(Path file) throws IOException {
    this.file = file;
    this.writer = RecordingWriter.create(file, RecordingHeader.of("a story", "6.18", 2, "test"));
  }

  /** A story of process 1, which has just begun. */
  public static Story of(Path directory) {
    try {
      Story story = new Story(directory.resolve("story.eft"));
      return story.exec("one");
    } catch (IOException e) {
      throw new UncheckedIOException(e);
    }
  }

  private interface Telling {
    void tell() throws IOException;
  }

  private Story tell(Telling telling) {
    try {
      telling.tell();
      return this;
    } catch (IOException e) {
      throw new UncheckedIOException(e);
    }
  }

  /** From here on the process speaks. */
  public Story process(int which) {
    pid = which;
    return this;
  }

  public Story after(long millis) {
    nanos += millis * 1_000_000;
    return this;
  }

  public Story exec(String comm) {
    return tell(() -> writer.exec(nanos, pid, pid, "/bin/" + comm, comm));
  }

  public Story fork(int child) {
    return tell(() -> writer.fork(nanos, pid, pid, child, child, 17));
  }

  public Story vfork(int child) {
    long flags = Mman.CLONE_VM | Mman.CLONE_VFORK | 17;
    return tell(() -> writer.fork(nanos, pid, pid, child, child, flags));
  }

  public Story exit() {
    return tell(() -> writer.exit(nanos, pid, pid, true));
  }

  public Story comm(String comm) {
    return tell(() -> writer.comm(nanos, pid, pid, comm));
  }

  public Story region(RegionKind kind, long start, long lengthBytes, int prot) {
    int flags = kind == RegionKind.FILE ? Mman.MAP_PRIVATE : PRIVATE;
    RecordedRegion region =
        new RecordedRegion(start, lengthBytes, prot, flags, kind, 0, "a " + kind, false);
    return tell(() -> writer.region(nanos, pid, pid, region));
  }

  public Story mmap(long address, long lengthBytes) {
    return mmap(address, lengthBytes, READ_WRITE, PRIVATE);
  }

  public Story mmap(long address, long lengthBytes, int prot, int flags) {
    return call(
        EventKind.MMAP, address, 0, lengthBytes, prot, flags, -1, 0, writer.string("a file"));
  }

  public Story munmap(long address, long lengthBytes) {
    return call(EventKind.MUNMAP, 0, address, lengthBytes);
  }

  public Story madvise(long address, long lengthBytes, int advice, long result) {
    return call(EventKind.MADVISE, result, address, lengthBytes, advice);
  }

  public Story brk(long wanted, long result) {
    return call(EventKind.BRK, result, wanted);
  }

  public Story call(EventKind kind, long result, long... arguments) {
    return tell(() -> writer.call(kind, nanos, pid, pid, arguments, result));
  }

  public Story touch(long address, int access) {
    return tell(() -> writer.touch(nanos, pid, pid, address, access));
  }

  public Story access(long address, long sizeBytes, int access) {
    return tell(() -> writer.access(nanos, pid, pid, address, sizeBytes, access));
  }

  public Story write(long address) {
    return touch(address, AccessBits.WRITE);
  }

  public Story read(long address) {
    return touch(address, AccessBits.READ);
  }

  /** Writes to every page of the range. */
  public Story fill(long address, long lengthBytes) {
    for (long at = address; at < address + lengthBytes; at += PAGE) {
      write(at);
    }
    return this;
  }

  /** The story's recording. */
  public Path end() {
    tell(writer::commit);
    return file;
  }

  /** What the story comes to under {@code transparent_hugepage/enabled} so set. */
  public ReplayReport replay(String enabled) {
    return replay(end(), Map.of("transparent_hugepage/enabled", enabled));
  }

  public static ReplayReport replay(Path recording, Map<String, String> settings) {
    return replay(recording, settings, ReplayObserver.NONE);
  }

  public static ReplayReport replay(
      Path recording, Map<String, String> settings, ReplayObserver observer) {
    try {
      return Replay.run(
          recording, RecordingReader.Mode.STRICT, ReplayOptions.with(settings), observer);
    } catch (IOException e) {
      throw new UncheckedIOException(e);
    }
  }

  @Override
  public void close() throws IOException {
    writer.close();
  }
}
