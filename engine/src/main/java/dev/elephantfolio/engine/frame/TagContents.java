package dev.elephantfolio.engine.frame;

import static dev.elephantfolio.engine.frame.FrameBlock.FRAMES;
import static dev.elephantfolio.engine.frame.FrameBlock.FRAME_MASK;
import static dev.elephantfolio.engine.frame.FrameBlock.LONG;

import java.util.concurrent.atomic.AtomicReferenceArray;
import org.jspecify.annotations.Nullable;

/**
 * One tag a page stands for all its bytes: 0 for a page of zeros, equal tags for equal pages.
 *
 * <p>A write at offset 0 sets the tag; a write elsewhere mixes into it, so a read gives back what
 * was written only at offset 0. A read elsewhere gives a number determined by tag and offset.
 *
 * <p>What is kept for a block of 512 pages grows with what was written there; each step is one
 * compare-and-set of the block's slot:
 *
 * <pre>
 *  slot       | meaning                     | goes to
 *  -----------+-----------------------------+--------------------------------------------
 *  null       | all pages are zero          | OneTag by a write
 *  OneTag     | one page is not             | another OneTag, or long[] by a write elsewhere
 *  long[512]  | a tag for each page         | written in place
 *  any        |                             | null when all of the block is cleared
 * </pre>
 */
final class TagContents extends Contents {
  private static final long MULTIPLIER = 0x9E3779B97F4A7C15L;

  /** The only page of a block that is not zero: what a huge page is after its first write. */
  private record OneTag(int page, long tag) {}

  private final AtomicReferenceArray<@Nullable Object> blocks;

  TagContents(long frames) {
    this.blocks = new AtomicReferenceArray<>((int) ((frames + FRAME_MASK) >>> FrameBlock.ORDER));
  }

  @Override
  long load(int pfn, int offset) {
    long tag = tag(pfn);
    return offset == 0 || tag == 0 ? tag : mix(tag, offset);
  }

  @Override
  void store(int pfn, int offset, long value) {
    if (offset == 0) {
      setTag(pfn, value);
      return;
    }
    long tag = tag(pfn);
    if (tag != 0 || value != 0) {
      long mixed = mix(tag ^ mix(value, offset), offset);
      setTag(pfn, mixed == 0 ? MULTIPLIER : mixed);
    }
  }

  @Override
  public int bytesOfAWord() {
    return PAGE_SIZE;
  }

  @Override
  void copyPages(int dstPfn, int srcPfn, int pages) {
    for (int page = 0; page < pages; page++) {
      setTag(dstPfn + page, tag(srcPfn + page));
    }
  }

  @Override
  void clearPages(int pfn, int pages) {
    int page = 0;
    while (page < pages) {
      int inBlock = Math.min(pages - page, FRAMES - (pfn + page & FRAME_MASK));
      clearInBlock(pfn + page, inBlock);
      page += inBlock;
    }
  }

  private void clearInBlock(int pfn, int pages) {
    int block = pfn >>> FrameBlock.ORDER;
    Object kept = blocks.getAcquire(block);
    if (kept == null) {
      return;
    }
    if (pages == FRAMES) {
      blocks.setRelease(block, null);
    } else if (kept instanceof long[] tags) {
      for (int page = 0; page < pages; page++) {
        LONG.setOpaque(tags, (pfn & FRAME_MASK) + page, 0L);
      }
    } else {
      clearOneByOne(pfn, pages);
    }
  }

  private void clearOneByOne(int pfn, int pages) {
    for (int page = 0; page < pages; page++) {
      if (tag(pfn + page) != 0) {
        setTag(pfn + page, 0);
      }
    }
  }

  @Override
  boolean allZero(int pfn) {
    return tag(pfn) == 0;
  }

  @Override
  long summary(int pfn) {
    return tag(pfn);
  }

  @Override
  public boolean sameContents(int pfn, int otherPfn) {
    return tag(pfn) == tag(otherPfn);
  }

  @Override
  public long hash(int pfn) {
    return mix(tag(pfn), 0);
  }

  private long tag(int pfn) {
    return switch (blocks.getAcquire(pfn >>> FrameBlock.ORDER)) {
      case long[] tags -> (long) LONG.getOpaque(tags, pfn & FRAME_MASK);
      case OneTag one when one.page == (pfn & FRAME_MASK) -> one.tag;
      case null, default -> 0;
    };
  }

  private void setTag(int pfn, long tag) {
    int block = pfn >>> FrameBlock.ORDER;
    int page = pfn & FRAME_MASK;
    while (true) {
      Object kept = blocks.getAcquire(block);
      if (kept instanceof long[] tags) {
        LONG.setOpaque(tags, page, tag);
        return;
      }
      if (kept == null && tag == 0) {
        return;
      }
      if (blocks.compareAndSet(block, kept, with(kept, page, tag))) {
        return;
      }
    }
  }

  /** What a block keeps that kept nothing or one tag, after one more write. */
  private static Object with(@Nullable Object kept, int page, long tag) {
    if (kept instanceof OneTag one && one.page != page) {
      long[] tags = new long[FRAMES];
      tags[one.page] = one.tag;
      tags[page] = tag;
      return tags;
    }
    return new OneTag(page, tag);
  }

  private static long mix(long value, int offset) {
    long mixed = (value ^ (offset + 1L) * MULTIPLIER) * MULTIPLIER;
    mixed ^= mixed >>> 32;
    return mixed * MULTIPLIER;
  }
}
