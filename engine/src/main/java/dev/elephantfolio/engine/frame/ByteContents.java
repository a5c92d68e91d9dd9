package dev.elephantfolio.engine.frame;

import static dev.elephantfolio.engine.frame.FrameBlock.FRAMES;
import static dev.elephantfolio.engine.frame.FrameBlock.FRAME_MASK;

import java.util.concurrent.atomic.AtomicReferenceArray;
import org.jspecify.annotations.Nullable;

/** The real 4096 bytes of each page, little-endian. */
final class ByteContents extends Contents {
  private static final PageBytes ZEROS = new PageBytes();

  /** Of what is shown as it is. */
  private static final int SHORT_BITS = 32;

  private static final int HASH_SHOWN_BITS = 20;

  private final ContentBlocks<AtomicReferenceArray<@Nullable PageBytes>> blocks;

  ByteContents(long frames) {
    this.blocks = new ContentBlocks<>(frames, () -> new AtomicReferenceArray<>(FRAMES));
  }

  @Override
  long load(int pfn, int offset) {
    PageBytes bytes = page(pfn);
    return bytes == null ? 0 : bytes.read(offset);
  }

  @Override
  void store(int pfn, int offset, long value) {
    if (value != 0 || page(pfn) != null) {
      pageOrMake(pfn).write(offset, value);
    }
  }

  @Override
  public int bytesOfAWord() {
    return Long.BYTES;
  }

  @Override
  void copyPages(int dstPfn, int srcPfn, int pages) {
    for (int page = 0; page < pages; page++) {
      PageBytes source = page(srcPfn + page);
      if (source == null) {
        clearPages(dstPfn + page, 1);
      } else {
        pageOrMake(dstPfn + page).copyFrom(source);
      }
    }
  }

  @Override
  void clearPages(int pfn, int pages) {
    for (int page = 0; page < pages; page++) {
      AtomicReferenceArray<@Nullable PageBytes> block = blocks.get(pfn + page);
      if (block != null) {
        block.setRelease(pfn + page & FRAME_MASK, null);
      }
    }
  }

  @Override
  boolean allZero(int pfn) {
    return bytes(pfn).isZero();
  }

  @Override
  long summary(int pfn) {
    return hash(pfn);
  }

  /** A word that was read, or the hash of a whole page that was changed. */
  @Override
  public String describeValue(long pfn, long value) {
    return value >>> SHORT_BITS == 0
        ? super.describeValue(pfn, value)
        : "#" + Long.toHexString(value >>> (Long.SIZE - HASH_SHOWN_BITS));
  }

  @Override
  public boolean sameContents(int pfn, int otherPfn) {
    return bytes(pfn).sameAs(bytes(otherPfn));
  }

  @Override
  public long hash(int pfn) {
    PageBytes bytes = bytes(pfn);
    long hash = 0;
    for (int offset = 0; offset < PAGE_SIZE; offset += Long.BYTES) {
      hash = (hash ^ bytes.read(offset)) * 0x9E3779B97F4A7C15L;
      hash ^= hash >>> 32;
    }
    return hash;
  }

  /** The page's bytes; null when all are zero and none was ever written. */
  private @Nullable PageBytes page(int pfn) {
    AtomicReferenceArray<@Nullable PageBytes> block = blocks.get(pfn);
    return block == null ? null : block.getAcquire(pfn & FRAME_MASK);
  }

  /** The page's bytes, to be read only. */
  private PageBytes bytes(int pfn) {
    PageBytes bytes = page(pfn);
    return bytes == null ? ZEROS : bytes;
  }

  private PageBytes pageOrMake(int pfn) {
    AtomicReferenceArray<@Nullable PageBytes> block = blocks.getOrMake(pfn);
    PageBytes found = block.getAcquire(pfn & FRAME_MASK);
    if (found != null) {
      return found;
    }
    PageBytes made = new PageBytes();
    PageBytes winner = block.compareAndExchange(pfn & FRAME_MASK, null, made);
    return winner == null ? made : winner;
  }
}
