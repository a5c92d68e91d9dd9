package dev.elephantfolio.engine.io;

import java.lang.invoke.MethodHandles;
import java.lang.invoke.VarHandle;
import java.util.concurrent.ConcurrentHashMap;
import org.jspecify.annotations.Nullable;

/**
 * A device with contents of its own, which it moves to and from memory by DMA. What was never
 * written reads as zeros. Any thread may use it; on one word accesses race as on memory.
 */
public final class Disk {
  /** Offsets and lengths of direct I/O are multiples of this. */
  public static final int BLOCK_BYTES = 512;

  private static final VarHandle WORD = MethodHandles.arrayElementVarHandle(long[].class);
  private static final int CHUNK_SHIFT = 12;
  private static final int CHUNK_MASK = (1 << CHUNK_SHIFT) - 1;

  private final long sizeBytes;
  private final ConcurrentHashMap<Long, long[]> chunks = new ConcurrentHashMap<>();

  /**
   * @param sizeBytes a multiple of {@link #BLOCK_BYTES}
   */
  public Disk(long sizeBytes) {
    if (sizeBytes < 0 || sizeBytes % BLOCK_BYTES != 0) {
      throw new IllegalArgumentException("size of a disk: " + sizeBytes);
    }
    this.sizeBytes = sizeBytes;
  }

  public long sizeBytes() {
    return sizeBytes;
  }

  /** The word at {@code offsetBytes}, a multiple of 8. */
  public long read(long offsetBytes) {
    long @Nullable [] chunk = chunks.get(offsetBytes >>> CHUNK_SHIFT);
    return chunk == null ? 0 : (long) WORD.getOpaque(chunk, slot(offsetBytes));
  }

  public void write(long offsetBytes, long word) {
    long[] chunk =
        chunks.computeIfAbsent(
            offsetBytes >>> CHUNK_SHIFT, _ -> new long[(1 << CHUNK_SHIFT) / Long.BYTES]);
    WORD.setOpaque(chunk, slot(offsetBytes), word);
  }

  private static int slot(long offsetBytes) {
    return (int) (offsetBytes & CHUNK_MASK) / Long.BYTES;
  }

  /** How much of a range lies on the disk. */
  long clip(long offsetBytes, long lengthBytes) {
    return Math.clamp(sizeBytes - offsetBytes, 0, lengthBytes);
  }
}
