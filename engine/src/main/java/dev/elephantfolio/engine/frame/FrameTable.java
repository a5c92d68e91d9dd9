package dev.elephantfolio.engine.frame;

import static dev.elephantfolio.engine.frame.FrameBlock.INT;

import dev.elephantfolio.engine.sync.SyncPlace;
import dev.elephantfolio.engine.sync.SyncPoints;
import java.lang.invoke.MethodHandles;
import java.lang.invoke.VarHandle;
import org.jspecify.annotations.Nullable;

/**
 * Where the memory map's numbers lie: finds the block or record of a pfn.
 *
 * <p>Nothing here or above it takes a lock. Which state a block is in changes only in the hands of
 * whoever owns it: the buddy allocator under the ZONE lock, or the one who has frozen its folio.
 *
 * <pre>
 *  blocks[pfn >>> 9]            | the block is
 *  -----------------------------+----------------------------------------------------------
 *  null                         | whole
 *  there, individual false      | whole, one folio whose pages are (or were) mapped singly
 *  there, individual true       | individual
 * </pre>
 */
abstract sealed class FrameTable implements SyncPlace permits WatchedFrames {
  private static final VarHandle BLOCK = MethodHandles.arrayElementVarHandle(FrameBlock[].class);
  private static final VarHandle SECTION = MethodHandles.arrayElementVarHandle(Section[].class);

  private final long syncId = SyncPoints.newId();
  private final long frames;
  private final @Nullable FrameBlock[] blocks;
  private final @Nullable Section[] sections;

  /**
   * @param frames how many frames there are, less than 2^32
   */
  FrameTable(long frames) {
    if (frames < 2 || frames >= 1L << Integer.SIZE) {
      throw new IllegalArgumentException("frames: 2 to 2^32 - 1, not " + frames);
    }
    this.frames = frames;
    this.blocks = new FrameBlock[(int) ((frames + FrameBlock.FRAMES - 1) >>> FrameBlock.ORDER)];
    this.sections = new Section[(int) ((frames - 1) >>> Section.SHIFT) + 1];
  }

  @Override
  public final long syncId() {
    return syncId;
  }

  /** How many frames the machine has; pfns are below. */
  public final long frames() {
    return frames;
  }

  /** The block's frames if they stand for themselves, else null. */
  final @Nullable FrameBlock individual(int pfn) {
    FrameBlock block = (FrameBlock) BLOCK.getAcquire(blocks, pfn >>> FrameBlock.ORDER);
    return block != null && block.individual ? block : null;
  }

  /** The block's frames, perhaps as the tails of a whole folio; null when it has none. */
  final @Nullable FrameBlock blockOrNull(int pfn) {
    return (FrameBlock) BLOCK.getAcquire(blocks, pfn >>> FrameBlock.ORDER);
  }

  /** The block's frames, made as the tails of a whole folio when it has none. */
  final FrameBlock block(int pfn) {
    FrameBlock block = blockOrNull(pfn);
    if (block != null) {
      return block;
    }
    FrameBlock made = new FrameBlock(false);
    int index = pfn >>> FrameBlock.ORDER;
    FrameBlock winner =
        (FrameBlock) BLOCK.compareAndExchange(blocks, index, (FrameBlock) null, made);
    return winner == null ? made : winner;
  }

  final void publishBlock(int pfn, @Nullable FrameBlock block) {
    BLOCK.setRelease(blocks, pfn >>> FrameBlock.ORDER, block);
  }

  /** The section of {@code pfn}; null when nothing in it was ever touched. */
  final @Nullable Section sectionOrNull(int pfn) {
    return (Section) SECTION.getAcquire(sections, pfn >>> Section.SHIFT);
  }

  final Section section(int pfn) {
    Section section = sectionOrNull(pfn);
    return section != null ? section : makeSection(pfn);
  }

  private Section makeSection(int pfn) {
    Section made = new Section();
    int index = pfn >>> Section.SHIFT;
    Section winner = (Section) SECTION.compareAndExchange(sections, index, (Section) null, made);
    return winner == null ? made : winner;
  }

  // What follows reaches a slot that blocks and records have in common.

  final int load(int pfn, int slot) {
    FrameBlock block = individual(pfn);
    return block != null
        ? (int) INT.getAcquire(block.ints, FrameBlock.base(pfn) + slot)
        : loadWhole(pfn, slot);
  }

  private int loadWhole(int pfn, int slot) {
    Section section = sectionOrNull(pfn);
    return section == null ? 0 : (int) INT.getAcquire(section.ints, Section.base(pfn) + slot);
  }

  final void store(int pfn, int slot, int value) {
    FrameBlock block = individual(pfn);
    if (block != null) {
      INT.setRelease(block.ints, FrameBlock.base(pfn) + slot, value);
    } else {
      INT.setRelease(section(pfn).ints, Section.base(pfn) + slot, value);
    }
  }

  /** Adds and returns what was there before. */
  final int fetchAdd(int pfn, int slot, int n) {
    FrameBlock block = individual(pfn);
    return block != null
        ? (int) INT.getAndAdd(block.ints, FrameBlock.base(pfn) + slot, n)
        : (int) INT.getAndAdd(section(pfn).ints, Section.base(pfn) + slot, n);
  }

  /** Sets bits and returns what was there before. */
  final int fetchOr(int pfn, int slot, int mask) {
    FrameBlock block = individual(pfn);
    return block != null
        ? (int) INT.getAndBitwiseOr(block.ints, FrameBlock.base(pfn) + slot, mask)
        : (int) INT.getAndBitwiseOr(section(pfn).ints, Section.base(pfn) + slot, mask);
  }

  /** Keeps only the bits of {@code mask} and returns what was there before. */
  final int fetchAnd(int pfn, int slot, int mask) {
    FrameBlock block = individual(pfn);
    return block != null
        ? (int) INT.getAndBitwiseAnd(block.ints, FrameBlock.base(pfn) + slot, mask)
        : (int) INT.getAndBitwiseAnd(section(pfn).ints, Section.base(pfn) + slot, mask);
  }

  final boolean compareAndSet(int pfn, int slot, int expected, int value) {
    FrameBlock block = individual(pfn);
    return block != null
        ? INT.compareAndSet(block.ints, FrameBlock.base(pfn) + slot, expected, value)
        : INT.compareAndSet(section(pfn).ints, Section.base(pfn) + slot, expected, value);
  }

  // What follows reaches a slot of a large folio: in its record, or in a tail when it is small
  // enough to lie in an individual block.

  final int loadLarge(int head, int recordSlot, int tailSlot) {
    FrameBlock block = individual(head);
    return block != null
        ? (int) INT.getAcquire(block.ints, FrameBlock.base(head) + tailSlot)
        : (int) INT.getAcquire(section(head).ints, Section.base(head) + recordSlot);
  }

  final void storeLarge(int head, int recordSlot, int tailSlot, int value) {
    FrameBlock block = individual(head);
    if (block != null) {
      INT.setRelease(block.ints, FrameBlock.base(head) + tailSlot, value);
    } else {
      INT.setRelease(section(head).ints, Section.base(head) + recordSlot, value);
    }
  }

  /** Adds and returns the new value. */
  final int addLarge(int head, int recordSlot, int tailSlot, int n) {
    FrameBlock block = individual(head);
    return n
        + (block != null
            ? (int) INT.getAndAdd(block.ints, FrameBlock.base(head) + tailSlot, n)
            : (int) INT.getAndAdd(section(head).ints, Section.base(head) + recordSlot, n));
  }
}
