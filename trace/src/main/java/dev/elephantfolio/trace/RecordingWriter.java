package dev.elephantfolio.trace;

import java.io.IOException;
import java.nio.channels.FileChannel;
import java.nio.file.Path;
import java.util.Optional;

/**
 * Writes a recording, event by event, in the order of their times. It writes to a temporary file
 * beside the target; {@link #commit()} completes it and moves it there in one step, and whatever
 * else ends the writing (an exception, {@link #close()} without commit, the end of the JVM) leaves
 * the target as it was.
 *
 * <p>Times are nanoseconds since the recording's start, never smaller than the time before. Not
 * thread-safe.
 */
public final class RecordingWriter implements AutoCloseable {
  /** Events written to a block: what is lost at most where a file is damaged. */
  static final int BLOCK_EVENTS = 1 << 13;

  /** zstd level of recordings that are kept. */
  private static final int KEPT_LEVEL = 9;

  private final BlockSink sink;
  private final Optional<PendingFile> pending;
  private final EventBlock block = new EventBlock();
  private final ThreadTable threads = new ThreadTable();
  private final StringTable strings = new StringTable();
  private final EventTally tally = new EventTally();
  private boolean ended;

  private RecordingWriter(BlockSink sink, Optional<PendingFile> pending) {
    this.sink = sink;
    this.pending = pending;
  }

  /** Begins a recording that will stand at {@code target}, replacing what stands there. */
  public static RecordingWriter create(Path target, RecordingHeader header) throws IOException {
    PendingFile pending = PendingFile.beside(target);
    try {
      return new RecordingWriter(
          new BlockSink(pending.channel(), header, KEPT_LEVEL), Optional.of(pending));
    } catch (IOException | RuntimeException e) {
      pending.discard();
      throw e;
    }
  }

  /** Writes into a channel that someone else opened and closes. */
  static RecordingWriter into(FileChannel channel, RecordingHeader header, int level)
      throws IOException {
    return new RecordingWriter(new BlockSink(channel, header, level), Optional.empty());
  }

  /** The id of a string for those arguments that are one; the same string has the same id. */
  public int string(String value) {
    return strings.idOf(value);
  }

  /** How many events were written so far: the index of the next one. */
  public long eventCount() {
    return sink.eventCount() + block.count;
  }

  /** EXEC: the process has a new image of that file, and that name. */
  public void exec(long timeNanos, int pid, int tid, String file, String comm) throws IOException {
    append(EventKind.EXEC, timeNanos, pid, tid, strings.idOf(file), strings.idOf(comm));
  }

  /** FORK: {@code pid} made a new process; {@code cloneFlags} are those of clone(2). */
  public void fork(long timeNanos, int pid, int tid, int childPid, int childTid, long cloneFlags)
      throws IOException {
    append(EventKind.FORK, timeNanos, pid, tid, childTid, childPid);
    rest(cloneFlags);
  }

  /** THREAD_START: {@code tid} is a new thread of {@code pid}. */
  public void threadStart(long timeNanos, int pid, int tid, int creatorTid) throws IOException {
    append(EventKind.THREAD_START, timeNanos, pid, tid, creatorTid, 0);
  }

  /** EXIT: the thread is gone, and with the last one its process. */
  public void exit(long timeNanos, int pid, int tid, boolean processEnded) throws IOException {
    append(EventKind.EXIT, timeNanos, pid, tid, processEnded ? 1 : 0, 0);
  }

  /** COMM: the thread's name. */
  public void comm(long timeNanos, int pid, int tid, String comm) throws IOException {
    append(EventKind.COMM, timeNanos, pid, tid, strings.idOf(comm), 0);
  }

  /** REGION: a part of the process's memory map that no call made. */
  public void region(long timeNanos, int pid, int tid, RecordedRegion region) throws IOException {
    append(EventKind.REGION, timeNanos, pid, tid, region.start(), region.lengthBytes());
    rest(region.prot());
    rest(region.flags());
    rest(region.kind().code());
    rest(region.fileOffsetBytes());
    rest(strings.idOf(region.name()));
    rest(region.inferred() ? 1 : 0);
  }

  /**
   * A system call.
   *
   * @param kind one with a result
   * @param arguments at least {@link EventKind#argumentCount()} of them; strings as their ids
   * @param result what the call returned; a negated errno if it failed
   */
  public void call(EventKind kind, long timeNanos, int pid, int tid, long[] arguments, long result)
      throws IOException {
    if (!kind.hasResult()) {
      throw new IllegalArgumentException(kind + " is not a call");
    }
    arguments(kind, timeNanos, pid, tid, arguments);
    rest(result);
  }

  /** TOUCH: a page fault; access is of {@link AccessBits}. */
  public void touch(long timeNanos, int pid, int tid, long address, int access) throws IOException {
    append(EventKind.TOUCH, timeNanos, pid, tid, address, access);
  }

  /** ACCESS: one memory reference of an access stream; access is of {@link AccessBits}. */
  public void access(long timeNanos, int pid, int tid, long address, long sizeBytes, int access)
      throws IOException {
    append(EventKind.ACCESS, timeNanos, pid, tid, address, (sizeBytes << 4) | (access & 0xF));
  }

  /** LOST: so many events are missing about here. */
  public void lost(long timeNanos, int pid, int tid, long count) throws IOException {
    append(EventKind.LOST, timeNanos, pid, tid, count, 0);
  }

  /** NOTE: a remark. */
  public void note(long timeNanos, int pid, int tid, String key, String value) throws IOException {
    append(EventKind.NOTE, timeNanos, pid, tid, strings.idOf(key), strings.idOf(value));
  }

  /** SETTING: a kernel setting in force from here on. */
  public void setting(long timeNanos, int pid, int tid, String key, String value)
      throws IOException {
    append(EventKind.SETTING, timeNanos, pid, tid, strings.idOf(key), strings.idOf(value));
  }

  /** Writes the event that a reader stands on, as it is. */
  public void copy(RecordingReader reader) throws IOException {
    EventKind kind = reader.kind();
    if (kind == EventKind.TOUCH) {
      touch(
          reader.timeNanos(), reader.pid(), reader.tid(), reader.address(), (int) reader.length());
      return;
    }
    long[] values = new long[kind.argumentCount()];
    for (int i = 0; i < values.length; i++) {
      long value = reader.argument(i);
      values[i] = kind.isString(i) ? strings.idOf(reader.string(value)) : value;
    }
    arguments(kind, reader.timeNanos(), reader.pid(), reader.tid(), values);
    if (kind.hasResult()) {
      rest(reader.result());
    }
  }

  private void arguments(EventKind kind, long timeNanos, int pid, int tid, long[] arguments)
      throws IOException {
    int count = kind.argumentCount();
    append(kind, timeNanos, pid, tid, count > 0 ? arguments[0] : 0, count > 1 ? arguments[1] : 0);
    for (int i = 2; i < count; i++) {
      rest(arguments[i]);
    }
  }

  private void append(
      EventKind kind, long timeNanos, int pid, int tid, long firstValue, long secondValue)
      throws IOException {
    if (timeNanos < tally.lastTimeNanos()) {
      throw new IllegalArgumentException(
          "time runs backwards: " + timeNanos + " after " + tally.lastTimeNanos());
    }
    if (block.count == BLOCK_EVENTS) {
      flush();
    }
    int at = block.count++;
    block.kinds[at] = (byte) kind.code();
    block.timesNanos[at] = timeNanos;
    block.threads[at] = threads.indexOf(pid, tid);
    block.first[at] = firstValue;
    block.second[at] = secondValue;
    tally.add(kind, timeNanos, firstValue, secondValue);
  }

  private void rest(long value) {
    block.reserveRest(1);
    block.rest[block.restCount++] = value;
  }

  private void flush() throws IOException {
    sink.write(block, strings, threads);
    block.clear();
  }

  /** Completes the recording and puts it at its place. */
  public RecordingTotals commit() throws IOException {
    RecordingTotals totals = finish();
    if (pending.isPresent()) {
      pending.get().publish();
    }
    return totals;
  }

  private RecordingTotals finish() throws IOException {
    if (ended) {
      throw new IllegalStateException("the recording is complete already");
    }
    if (block.count > 0) {
      flush();
    }
    RecordingTotals totals = tally.totals(sink.eventCount(), sink.blockCount());
    sink.end(totals);
    ended = true;
    return totals;
  }

  /** Gives up what was not committed, and frees everything. */
  @Override
  public void close() throws IOException {
    sink.close();
    if (pending.isPresent()) {
      pending.get().discard();
    }
  }
}
