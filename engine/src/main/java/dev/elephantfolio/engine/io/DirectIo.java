package dev.elephantfolio.engine.io;

import dev.elephantfolio.engine.Errno;
import dev.elephantfolio.engine.MemoryException;
import dev.elephantfolio.engine.gup.PinnedPages;

/**
 * One direct read or write under way: a device moves words between itself and the pinned pages,
 * whatever is done to the mapping meanwhile.
 *
 * <pre>
 *  begun ──transfer──▶ … ──transfer──▶ done ──finish──▶ unpinned
 *    └─────────────────finish─────────────────────────────┘   (does the rest first)
 * </pre>
 *
 * Used by one thread, which is the device. A read marks the pages as dirty before it begins and
 * after it ended, as their cleaning may come in between. Behaviour: the bio's of block/bio.c and
 * iomap's direct I/O of 6.18.
 */
public final class DirectIo implements AutoCloseable {
  /** Which way the words go. */
  public enum Direction {
    /** From the device to memory. */
    READ,
    /** From memory to the device. */
    WRITE
  }

  private final PinnedPages pages;
  private final Disk disk;
  private final long diskOffset;
  private final long lengthBytes;
  private final Direction direction;
  private long doneBytes;
  private boolean finished;

  /**
   * @param pages taken over; all of the disk's part of the range that could be had
   */
  DirectIo(PinnedPages pages, Disk disk, long diskOffset, Direction direction) {
    this.pages = pages;
    this.disk = disk;
    this.diskOffset = diskOffset;
    this.lengthBytes = pages.availableBytes();
    this.direction = direction;
    if (direction == Direction.READ) {
      pages.markDirty();
    }
  }

  /** How many bytes it moves in all: fewer than asked for at a bad address or the disk's end. */
  public long lengthBytes() {
    return lengthBytes;
  }

  public boolean isDone() {
    return doneBytes == lengthBytes;
  }

  /** Moves the next {@code bytes} bytes, or what is left. */
  public void transfer(long bytes) {
    if (finished) {
      throw new IllegalStateException("a transfer goes on after its end");
    }
    long from = doneBytes;
    long to = from + Math.clamp(bytes, 0, lengthBytes - from);
    Words.each(pages.address(), from, to, pages.bytesOfAWord(), this::move);
    doneBytes = to;
  }

  private void move(long offset) {
    if (direction == Direction.READ) {
      pages.write(offset, disk.read(diskOffset + offset));
    } else {
      disk.write(diskOffset + offset, pages.read(offset));
    }
  }

  /**
   * Moves what is left and lets go of the pages.
   *
   * @return how many bytes were moved in all
   * @throws MemoryException EFAULT when a later page of the range could not be had, though what
   *     lies below was moved
   */
  public long finish() {
    if (!finished) {
      transfer(lengthBytes);
      release();
    }
    if (!pages.isComplete()) {
      throw new MemoryException(Errno.EFAULT);
    }
    return lengthBytes;
  }

  /** Lets go of the pages, without moving what is left. */
  @Override
  public void close() {
    if (!finished) {
      release();
    }
  }

  private void release() {
    finished = true;
    if (direction == Direction.READ) {
      pages.unpinDirty();
    } else {
      pages.unpin();
    }
  }
}
