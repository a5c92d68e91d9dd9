package dev.elephantfolio.engine.frame;

import static dev.elephantfolio.engine.frame.FrameBlock.FRAMES;
import static dev.elephantfolio.engine.frame.FrameBlock.FRAME_MASK;

import java.lang.invoke.MethodHandles;
import java.lang.invoke.VarHandle;
import java.nio.ByteOrder;
import java.util.Arrays;
import java.util.concurrent.atomic.AtomicReferenceArray;
import org.jspecify.annotations.Nullable;

/** The real 4096 bytes of each page, little-endian. */
final class ByteContents extends Contents {
  private static final VarHandle LONG_IN_BYTES =
      MethodHandles.byteArrayViewVarHandle(long[].class, ByteOrder.LITTLE_ENDIAN);
  private static final byte[] ZEROS = new byte[PAGE_SIZE];

  private final ContentBlocks<AtomicReferenceArray<byte @Nullable []>> blocks;

  ByteContents(long frames) {
    this.blocks = new ContentBlocks<>(frames, () -> new AtomicReferenceArray<>(FRAMES));
  }

  @Override
  long load(int pfn, int offset) {
    byte[] bytes = page(pfn);
    return bytes == null ? 0 : (long) LONG_IN_BYTES.get(bytes, offset);
  }

  @Override
  void store(int pfn, int offset, long value) {
    if (value != 0 || page(pfn) != null) {
      LONG_IN_BYTES.set(pageOrMake(pfn), offset, value);
    }
  }

  @Override
  public int bytesOfAWord() {
    return Long.BYTES;
  }

  @Override
  void copyPages(int dstPfn, int srcPfn, int pages) {
    for (int page = 0; page < pages; page++) {
      byte[] source = page(srcPfn + page);
      if (source == null) {
        clearPages(dstPfn + page, 1);
      } else {
        System.arraycopy(source, 0, pageOrMake(dstPfn + page), 0, PAGE_SIZE);
      }
    }
  }

  @Override
  void clearPages(int pfn, int pages) {
    for (int page = 0; page < pages; page++) {
      AtomicReferenceArray<byte @Nullable []> block = blocks.get(pfn + page);
      if (block != null) {
        block.setRelease(pfn + page & FRAME_MASK, null);
      }
    }
  }

  @Override
  boolean allZero(int pfn) {
    return Arrays.equals(bytes(pfn), ZEROS);
  }

  @Override
  long summary(int pfn) {
    return hash(pfn);
  }

  @Override
  public boolean sameContents(int pfn, int otherPfn) {
    return Arrays.equals(bytes(pfn), bytes(otherPfn));
  }

  @Override
  public long hash(int pfn) {
    byte[] bytes = bytes(pfn);
    long hash = 0;
    for (int offset = 0; offset < PAGE_SIZE; offset += Long.BYTES) {
      hash = (hash ^ (long) LONG_IN_BYTES.get(bytes, offset)) * 0x9E3779B97F4A7C15L;
      hash ^= hash >>> 32;
    }
    return hash;
  }

  /** The page's bytes; null when all are zero and none was ever written. */
  private byte @Nullable [] page(int pfn) {
    AtomicReferenceArray<byte @Nullable []> block = blocks.get(pfn);
    return block == null ? null : block.getAcquire(pfn & FRAME_MASK);
  }

  /** The page's bytes, to be read only. */
  private byte[] bytes(int pfn) {
    byte[] bytes = page(pfn);
    return bytes == null ? ZEROS : bytes;
  }

  private byte[] pageOrMake(int pfn) {
    AtomicReferenceArray<byte @Nullable []> block = blocks.getOrMake(pfn);
    byte[] found = block.getAcquire(pfn & FRAME_MASK);
    if (found != null) {
      return found;
    }
    byte[] made = new byte[PAGE_SIZE];
    byte[] winner = block.compareAndExchange(pfn & FRAME_MASK, null, made);
    return winner == null ? made : winner;
  }
}
