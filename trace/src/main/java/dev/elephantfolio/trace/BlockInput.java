package dev.elephantfolio.trace;

import com.github.luben.zstd.ZstdDecompressCtx;
import com.github.luben.zstd.ZstdException;
import java.io.IOException;
import java.nio.ByteBuffer;
import java.nio.channels.FileChannel;

/**
 * Reads a recording's parts from a channel, front to back, and checks every byte of them. What is
 * wrong is thrown as a {@link RecordingException} that says where.
 */
final class BlockInput implements AutoCloseable {
  private final FileChannel channel;
  private final String name;
  private final boolean salvaging;
  private final long size;
  private final ZstdDecompressCtx zstd = new ZstdDecompressCtx();
  private final byte[] header = new byte[Layout.BLOCK_HEADER_BYTES];
  private byte[] stored = new byte[0];
  private byte[] raw = new byte[0];
  private long offset;
  private long eventCount;
  private int blockCount;

  BlockInput(FileChannel channel, String name, boolean salvaging) throws IOException {
    this.channel = channel;
    this.name = name;
    this.salvaging = salvaging;
    this.size = channel.size();
  }

  /** Events in the blocks read so far. */
  long eventCount() {
    return eventCount;
  }

  int blockCount() {
    return blockCount;
  }

  RecordingHeader readHeader() throws IOException {
    byte[] prefix = new byte[Layout.FILE_PREFIX_BYTES];
    int present = read(0, prefix, (int) Math.min(size, prefix.length));
    checkMagic(prefix, present);
    if (present < prefix.length) {
      throw headerTruncated();
    }
    ByteSource source = new ByteSource(prefix, 8, prefix.length);
    int version = source.u16();
    int reserved = source.u16();
    int length = source.u32();
    byte[] body = headerBody(length);
    if (source.u32() != Layout.checksum(prefix, prefix.length - 4, body, length)) {
      throw headerDamaged();
    }
    if (version > RecordingHeader.CURRENT_VERSION || reserved != 0) {
      throw new RecordingException(
          "%s: recording format version %d is newer than the %d known here: use a newer efolio"
              .formatted(name, version, RecordingHeader.CURRENT_VERSION));
    }
    offset = prefix.length + (long) length;
    return parseHeader(version, body);
  }

  private void checkMagic(byte[] prefix, int present) throws RecordingException {
    if (size == 0) {
      throw new RecordingException(name + ": the file is empty, so it is no recording");
    }
    long expected = Layout.FILE_MAGIC;
    for (int i = 0; i < Math.min(present, 8); i++, expected >>>= 8) {
      if (prefix[i] != (byte) expected) {
        throw new RecordingException(
            name + ": not a recording: it does not begin as an .eft file does");
      }
    }
  }

  private byte[] headerBody(int length) throws IOException {
    if (length < 0 || length > Layout.LENGTH_LIMIT_BYTES) {
      throw headerDamaged();
    }
    if (size - Layout.FILE_PREFIX_BYTES < length) {
      throw headerTruncated();
    }
    byte[] body = new byte[length];
    read(Layout.FILE_PREFIX_BYTES, body, length);
    return body;
  }

  private RecordingHeader parseHeader(int version, byte[] body) throws RecordingException {
    try {
      return RecordingHeader.read(version, new ByteSource(body, 0, body.length));
    } catch (IndexOutOfBoundsException _) {
      throw headerDamaged();
    }
  }

  private RecordingException headerTruncated() {
    return new RecordingException(
        "%s: truncated at byte %d, inside the file header: nothing can be read"
            .formatted(name, size),
        size,
        0);
  }

  private RecordingException headerDamaged() {
    return new RecordingException(
        name + ": damaged at byte 0: the file header's checksum is wrong: nothing can be read");
  }

  /** Reads the totals by way of the trailer, wherever this stands. */
  RecordingTotals readTotals() throws IOException {
    long resume = offset;
    byte[] trailer = new byte[Layout.TRAILER_BYTES];
    if (size - offset < trailer.length) {
      throw truncated();
    }
    read(size - trailer.length, trailer, trailer.length);
    ByteSource source = new ByteSource(trailer, 0, trailer.length);
    long footerOffset = source.u64();
    if (source.u32() != Layout.checksum(trailer, 0, 8)
        || source.u32() != Layout.TRAILER_MAGIC
        || footerOffset < offset
        || footerOffset > size) {
      throw damaged(size - trailer.length, "its end is not that of a complete recording");
    }
    try {
      offset = footerOffset;
      return readFooter();
    } finally {
      offset = resume;
    }
  }

  private RecordingTotals readFooter() throws IOException {
    byte[] prefix = new byte[Layout.FOOTER_PREFIX_BYTES];
    require(prefix.length);
    read(offset, prefix, prefix.length);
    ByteSource source = new ByteSource(prefix, 0, prefix.length);
    int magic = source.u32();
    int length = source.u32();
    int checksum = source.u32();
    if (magic != Layout.FOOTER_MAGIC || source.u32() != Layout.checksum(prefix, 0, 12)) {
      throw damaged(offset, "neither a block nor the footer begins here");
    }
    require(prefix.length + (long) length + Layout.TRAILER_BYTES);
    byte[] body = new byte[length];
    read(offset + prefix.length, body, length);
    if (checksum != Layout.checksum(body, 0, length)) {
      throw damaged(offset, "the footer's checksum is wrong");
    }
    if (offset + prefix.length + length + Layout.TRAILER_BYTES != size) {
      throw damaged(offset, "the file does not end after its footer");
    }
    try {
      return RecordingTotals.read(new ByteSource(body, 0, length));
    } catch (IndexOutOfBoundsException _) {
      throw damaged(offset, "the footer makes no sense");
    }
  }

  /**
   * Reads the next block.
   *
   * @return false at the footer, which is checked too
   */
  boolean readBlock(EventBlock block, StringTable strings, ThreadTable threads) throws IOException {
    if (size == offset) {
      throw truncated();
    }
    int present = read(offset, header, (int) Math.min(header.length, size - offset));
    ByteSource source = new ByteSource(header, 0, header.length);
    if (present >= 4 && source.u32() == Layout.FOOTER_MAGIC) {
      checkTotals(readFooter());
      return false;
    }
    if (present < header.length) {
      throw truncated();
    }
    checkHeader();
    payload(block, strings, threads);
    return true;
  }

  private void checkTotals(RecordingTotals totals) throws RecordingException {
    if (totals.events() != eventCount || totals.blocks() != blockCount) {
      throw damaged(
          offset,
          "the footer speaks of %d events in %d blocks, but %d in %d came before it"
              .formatted(totals.events(), totals.blocks(), eventCount, blockCount));
    }
  }

  private void checkHeader() throws RecordingException {
    ByteSource source = new ByteSource(header, 0, header.length);
    int magic = source.u32();
    int number = source.u32();
    long firstEvent = source.u64();
    int checksumAt = header.length - 4;
    int checksum = new ByteSource(header, checksumAt, header.length).u32();
    if (magic != Layout.BLOCK_MAGIC || checksum != Layout.checksum(header, 0, checksumAt)) {
      throw damaged(offset, "the block's header is wrong");
    }
    if (number != blockCount || firstEvent != eventCount) {
      throw damaged(
          offset,
          "block %d with event %d stands where block %d with event %d should"
              .formatted(number, firstEvent, blockCount, eventCount));
    }
  }

  private void payload(EventBlock block, StringTable strings, ThreadTable threads)
      throws IOException {
    ByteSource source = new ByteSource(header, 16, header.length);
    long baseNanos = source.u64();
    int events = source.u32();
    int rawLength = source.u32();
    int storedLength = source.u32();
    int checksum = source.u32();
    if (events <= 0
        || events > EventBlock.CAPACITY
        || tooLong(rawLength)
        || tooLong(storedLength)) {
      throw damaged(offset, "the block's header makes no sense");
    }
    require(Layout.BLOCK_HEADER_BYTES + (long) storedLength);
    stored = stored.length < storedLength ? new byte[storedLength] : stored;
    raw = raw.length < rawLength ? new byte[rawLength] : raw;
    read(offset + Layout.BLOCK_HEADER_BYTES, stored, storedLength);
    if (checksum != Layout.checksum(stored, 0, storedLength)) {
      throw damaged(offset, "the block's checksum is wrong");
    }
    try {
      unpack(rawLength, storedLength);
      ByteSource prefix = new ByteSource(raw, 0, rawLength);
      tables(prefix, strings, threads);
      BlockDecoder.decode(
          raw, prefix.position(), rawLength, block, events, baseNanos, threads.size());
    } catch (ZstdException | IndexOutOfBoundsException e) {
      throw damaged(offset, "the block's contents make no sense (" + e.getMessage() + ")");
    }
    offset += Layout.BLOCK_HEADER_BYTES + (long) storedLength;
    eventCount += events;
    blockCount++;
  }

  private static boolean tooLong(int length) {
    return length < 0 || length > Layout.LENGTH_LIMIT_BYTES;
  }

  private void unpack(int rawLength, int storedLength) {
    int got = zstd.decompressByteArray(raw, 0, rawLength, stored, 0, storedLength);
    if (got != rawLength) {
      throw new IndexOutOfBoundsException("wrong length");
    }
  }

  private static void tables(ByteSource source, StringTable strings, ThreadTable threads) {
    for (int i = source.smallVarint(); i > 0; i--) {
      strings.add(source.text());
    }
    for (int i = source.smallVarint(); i > 0; i--) {
      long pid = source.zigzag();
      threads.add((pid << 32) | (source.zigzag() & 0xFFFFFFFFL));
    }
  }

  private void require(long count) throws RecordingException {
    if (size - offset < count) {
      throw truncated();
    }
  }

  private RecordingException truncated() {
    return new RecordingException(
        "%s: truncated at byte %d (block %d): %s".formatted(name, size, blockCount, remedy()),
        size,
        eventCount);
  }

  private RecordingException damaged(long at, String what) {
    return new RecordingException(
        "%s: damaged at byte %d (block %d): %s: %s".formatted(name, at, blockCount, what, remedy()),
        at,
        eventCount);
  }

  private String remedy() {
    if (eventCount == 0) {
      return "no event can be read before it";
    }
    return salvaging
        ? "read the " + eventCount + " events before it"
        : "use --salvage to read the " + eventCount + " events before it";
  }

  private int read(long from, byte[] into, int count) throws IOException {
    ByteBuffer buffer = ByteBuffer.wrap(into, 0, count);
    while (buffer.hasRemaining()) {
      if (channel.read(buffer, from + buffer.position()) < 0) {
        throw truncated();
      }
    }
    return count;
  }

  @Override
  public void close() {
    zstd.close();
  }
}
