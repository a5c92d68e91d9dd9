package dev.elephantfolio.trace;

import java.io.IOException;
import java.nio.channels.FileChannel;
import java.nio.file.Files;
import java.nio.file.NoSuchFileException;
import java.nio.file.Path;
import java.nio.file.StandardOpenOption;
import java.util.Optional;

/**
 * Reads a recording from its first event to its last. The reader is a cursor: {@link #next()} moves
 * it to an event, and the getters tell that event's parts without making an object. Not
 * thread-safe; any number of readers may read one file.
 *
 * <pre>{@code
 * try (RecordingReader reader = RecordingReader.open(path)) {
 *   while (reader.next()) {
 *     switch (reader.kind()) {
 *       case TOUCH -> touch(reader.pid(), reader.address(), reader.access());
 *       case MMAP -> mmap(reader.result(), reader.length());
 *       default -> {}
 *     }
 *   }
 * }
 * }</pre>
 */
public final class RecordingReader implements AutoCloseable {
  /** What to do about a damaged or truncated recording. */
  public enum Mode {
    /** Refuse it, before the first event if its end is missing. */
    STRICT,
    /** Read the events before the damage; {@link RecordingReader#damage()} tells what it was. */
    SALVAGE
  }

  private static final EventKind[] KINDS = EventKind.byCode();
  private static final byte[] REST_COUNTS = EventKind.restCounts();

  private final FileChannel channel;
  private final BlockInput input;
  private final Mode mode;
  private final RecordingHeader header;
  private final EventBlock block = new EventBlock();
  private final StringTable strings = new StringTable();
  private final ThreadTable threads = new ThreadTable();
  private Optional<RecordingTotals> totals = Optional.empty();
  private Optional<RecordingException> damage = Optional.empty();

  private int position = -1;
  private int restStart;
  private int restLength;
  private boolean ended;

  private RecordingReader(FileChannel channel, String name, Mode mode) throws IOException {
    this.channel = channel;
    this.mode = mode;
    this.input = new BlockInput(channel, name, mode == Mode.SALVAGE);
    try {
      this.header = input.readHeader();
      readTotals();
    } catch (IOException | RuntimeException e) {
      input.close();
      throw e;
    }
  }

  /** Opens a recording that must be whole. */
  public static RecordingReader open(Path path) throws IOException {
    return open(path, Mode.STRICT);
  }

  /**
   * Opens a recording.
   *
   * @throws RecordingException if it is none, is of a newer version, or, unless salvaging, damaged
   */
  public static RecordingReader open(Path path, Mode mode) throws IOException {
    if (Files.isDirectory(path)) {
      throw new RecordingException(path + ": not a recording but a directory");
    }
    FileChannel channel = openChannel(path);
    try {
      return over(channel, path.toString(), mode);
    } catch (IOException | RuntimeException e) {
      channel.close();
      throw e;
    }
  }

  private static FileChannel openChannel(Path path) throws IOException {
    try {
      return FileChannel.open(path, StandardOpenOption.READ);
    } catch (NoSuchFileException _) {
      throw new RecordingException(path + ": no such file");
    } catch (IOException e) {
      throw new RecordingException(path + ": cannot be read: " + e.getMessage());
    }
  }

  /** Reads from a channel, which the reader closes in the end. */
  static RecordingReader over(FileChannel channel, String name, Mode mode) throws IOException {
    return new RecordingReader(channel, name, mode);
  }

  /** In strict mode a missing end is looked into at once, so that no one works half in vain. */
  private void readTotals() throws IOException {
    try {
      totals = Optional.of(input.readTotals());
    } catch (RecordingException _) {
      if (mode == Mode.STRICT) {
        throw firstDamage();
      }
    }
  }

  /** Reads up to what is wrong, which then tells how much of the recording is whole. */
  private RecordingException firstDamage() throws IOException {
    try {
      while (input.readBlock(block, strings, threads)) {
        // Only how this ends is of interest.
      }
      input.readTotals();
      throw new IllegalStateException("a recording changed while it was read");
    } catch (RecordingException e) {
      return e;
    }
  }

  /** What the recording says of itself. */
  public RecordingHeader header() {
    return header;
  }

  /** What the whole recording adds up to; empty only if its end is damaged. */
  public Optional<RecordingTotals> totals() {
    return totals;
  }

  /**
   * What was wrong with a recording that is being salvaged; complete once {@link #next()} returned
   * false.
   */
  public Optional<RecordingException> damage() {
    return damage;
  }

  /** Events up to and with this one. */
  public long eventsRead() {
    return input.eventCount() - block.count + Math.min(position + 1, block.count);
  }

  /** Blocks read so far. */
  int blocksRead() {
    return input.blockCount();
  }

  /**
   * Moves to the next event.
   *
   * @return false if there is none
   */
  public boolean next() throws IOException {
    restStart += restLength;
    if (++position >= block.count && !nextBlock()) {
      return false;
    }
    restLength = REST_COUNTS[block.kinds[position]];
    return true;
  }

  private boolean nextBlock() throws IOException {
    if (!ended) {
      ended = !readBlock();
    }
    position = ended ? block.count : 0;
    restStart = 0;
    restLength = 0;
    return !ended;
  }

  private boolean readBlock() throws IOException {
    try {
      boolean more = input.readBlock(block, strings, threads);
      if (!more && totals.isEmpty()) {
        input.readTotals();
      }
      return more;
    } catch (RecordingException e) {
      if (mode == Mode.STRICT) {
        throw e;
      }
      damage = Optional.of(e);
      return false;
    }
  }

  /** The event's kind. */
  public EventKind kind() {
    return KINDS[block.kinds[position]];
  }

  /** Nanoseconds since the recording's start. */
  public long timeNanos() {
    return block.timesNanos[position];
  }

  /** The process the event happened in; for FORK the parent. */
  public int pid() {
    return threads.pid(block.threads[position]);
  }

  /** The thread the event happened in. */
  public int tid() {
    return threads.tid(block.threads[position]);
  }

  /**
   * A number for the event's (pid, tid): dense, from 0, in order of first appearance, so that
   * arrays can be indexed by it. A tid that is used again by another process has another index.
   */
  public int threadIndex() {
    return block.threads[position];
  }

  /** The first argument: for most kinds an address in bytes. */
  public long address() {
    return block.first[position];
  }

  /** The second value as it is stored. */
  long secondValue() {
    return block.second[position];
  }

  /** The second argument: for most kinds a length in bytes; of an ACCESS its size in bytes. */
  public long length() {
    long second = block.second[position];
    return kind() == EventKind.ACCESS ? second >>> 4 : second;
  }

  /** The {@link AccessBits} of a TOUCH or ACCESS. */
  public int access() {
    long second = block.second[position];
    return (int) (kind() == EventKind.ACCESS ? second & 0xF : second);
  }

  /**
   * An argument by its place in {@link EventKind#argumentNames()}.
   *
   * @throws IndexOutOfBoundsException if the kind has no such argument
   */
  public long argument(int index) {
    if (index >= kind().argumentCount()) {
      throw new IndexOutOfBoundsException(kind() + " has no argument " + index);
    }
    return switch (index) {
      case 0 -> block.first[position];
      case 1 -> block.second[position];
      default -> block.rest[restStart + index - 2];
    };
  }

  /** What a call returned: a negated errno (-1 to -4095) if it failed. */
  public long result() {
    if (!kind().hasResult()) {
      throw new IllegalStateException(kind() + " is not a call");
    }
    return block.rest[restStart + restLength - 1];
  }

  /** Whether a call failed. */
  public boolean failed() {
    long result = result();
    return result < 0 && result >= -4095;
  }

  /** The string of that id. */
  public String string(long id) {
    return strings.get(Math.toIntExact(id));
  }

  /** The region a REGION event speaks of. */
  public RecordedRegion region() {
    if (kind() != EventKind.REGION) {
      throw new IllegalStateException(kind() + " is not a region");
    }
    return new RecordedRegion(
        argument(0),
        argument(1),
        (int) argument(2),
        (int) argument(3),
        RegionKind.of(argument(4)),
        argument(5),
        string(argument(6)),
        argument(7) != 0);
  }

  @Override
  public void close() throws IOException {
    input.close();
    channel.close();
  }
}
