package dev.elephantfolio.trace;

import com.github.luben.zstd.Zstd;
import com.github.luben.zstd.ZstdCompressCtx;
import java.io.IOException;
import java.nio.ByteBuffer;
import java.nio.channels.FileChannel;

/** Writes a recording's file header, blocks and footer to a channel. */
final class BlockSink implements AutoCloseable {
  private final FileChannel channel;
  private final ZstdCompressCtx zstd = new ZstdCompressCtx();
  private final ByteSink raw = new ByteSink();
  private final ByteSink header = new ByteSink();
  private byte[] stored = new byte[0];
  private long eventCount;
  private int blockCount;
  private long lastTimeNanos;
  // What the blocks before already told.
  private int stringsWritten = 1;
  private int threadsWritten;

  BlockSink(FileChannel channel, RecordingHeader recording, int level) throws IOException {
    this.channel = channel;
    zstd.setLevel(level);
    recording.write(raw);
    header.u64(Layout.FILE_MAGIC);
    header.u16(recording.formatVersion());
    header.u16(0);
    header.u32(raw.length());
    header.u32(Layout.checksum(header.bytes(), header.length(), raw.bytes(), raw.length()));
    put(header.bytes(), header.length());
    put(raw.bytes(), raw.length());
  }

  long eventCount() {
    return eventCount;
  }

  int blockCount() {
    return blockCount;
  }

  void write(EventBlock block, StringTable strings, ThreadTable threads) throws IOException {
    raw.clear();
    newStrings(strings);
    newThreads(threads);
    BlockEncoder.encode(block, lastTimeNanos, raw);
    int storedLength = compress();
    header(block, storedLength);
    put(header.bytes(), header.length());
    put(stored, storedLength);
    eventCount += block.count;
    blockCount++;
    lastTimeNanos = block.timesNanos[block.count - 1];
  }

  private void newStrings(StringTable strings) {
    raw.varint(strings.size() - stringsWritten);
    while (stringsWritten < strings.size()) {
      raw.text(strings.get(stringsWritten++));
    }
  }

  private void newThreads(ThreadTable threads) {
    raw.varint(threads.size() - threadsWritten);
    while (threadsWritten < threads.size()) {
      raw.zigzag(threads.pid(threadsWritten));
      raw.zigzag(threads.tid(threadsWritten++));
    }
  }

  private int compress() {
    int bound = (int) Zstd.compressBound(raw.length());
    if (stored.length < bound) {
      stored = new byte[bound];
    }
    return zstd.compressByteArray(stored, 0, stored.length, raw.bytes(), 0, raw.length());
  }

  private void header(EventBlock block, int storedLength) {
    header.clear();
    header.u32(Layout.BLOCK_MAGIC);
    header.u32(blockCount);
    header.u64(eventCount);
    header.u64(lastTimeNanos);
    header.u32(block.count);
    header.u32(raw.length());
    header.u32(storedLength);
    header.u32(Layout.checksum(stored, 0, storedLength));
    header.u32(Layout.checksum(header.bytes(), 0, header.length()));
  }

  /** Writes footer and trailer. */
  void end(RecordingTotals totals) throws IOException {
    long footerOffset = channel.position();
    raw.clear();
    totals.write(raw);
    header.clear();
    header.u32(Layout.FOOTER_MAGIC);
    header.u32(raw.length());
    header.u32(Layout.checksum(raw.bytes(), 0, raw.length()));
    header.u32(Layout.checksum(header.bytes(), 0, header.length()));
    put(header.bytes(), header.length());
    put(raw.bytes(), raw.length());
    header.clear();
    header.u64(footerOffset);
    header.u32(Layout.checksum(header.bytes(), 0, header.length()));
    header.u32(Layout.TRAILER_MAGIC);
    put(header.bytes(), header.length());
  }

  private void put(byte[] bytes, int count) throws IOException {
    ByteBuffer buffer = ByteBuffer.wrap(bytes, 0, count);
    while (buffer.hasRemaining()) {
      channel.write(buffer);
    }
  }

  @Override
  public void close() {
    zstd.close();
  }
}
