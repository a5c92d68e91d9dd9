package dev.elephantfolio.engine.io;

import dev.elephantfolio.engine.Errno;
import dev.elephantfolio.engine.MemoryException;
import dev.elephantfolio.engine.gup.PinnedPages;
import dev.elephantfolio.engine.mm.AddressSpace;

/**
 * A buffer registered for later I/O, as io_uring does: its pages are pinned for long and for
 * writing, once, and read and written any number of times until it is unregistered.
 *
 * <p>The pages stay those of the moment of registration: after an unmapping the buffer goes on with
 * the old ones. It may be used, and be unregistered, after the process has ended. Of large folios
 * one pin each is kept where Linux does so. Used by one thread at a time. Behaviour:
 * io_uring/rsrc.c of 6.18.
 */
public final class FixedBuffer implements AutoCloseable {
  private final AddressSpace mm;
  private final PinnedPages pages;
  private final long accountedPages;
  private boolean registered = true;

  /**
   * @param pages taken over; all that were asked for
   * @param accountedPages what counts against RLIMIT_MEMLOCK
   */
  FixedBuffer(AddressSpace mm, PinnedPages pages, long accountedPages) {
    this.mm = mm;
    this.pages = pages;
    this.accountedPages = accountedPages;
  }

  public long address() {
    return pages.address();
  }

  public long lengthBytes() {
    return pages.availableBytes();
  }

  /** The pinned pages, to look at. */
  public PinnedPages pages() {
    return pages;
  }

  /**
   * Reads from the disk into the buffer (IORING_OP_READ_FIXED).
   *
   * @param bufferOffset where in the buffer, in bytes
   * @return how many bytes were moved; fewer at the disk's end
   * @throws MemoryException EFAULT for a range beyond the buffer, EINVAL for one not made of words
   */
  public long read(Disk disk, long diskOffset, long bufferOffset, long lengthBytes) {
    long length = check(disk, diskOffset, bufferOffset, lengthBytes);
    each(bufferOffset, length, at -> pages.write(at, disk.read(diskOffset + at - bufferOffset)));
    return length;
  }

  /**
   * Writes from the buffer to the disk (IORING_OP_WRITE_FIXED).
   *
   * @return as {@link #read}
   * @throws MemoryException as {@link #read}, and ENOSPC at the disk's end
   */
  public long write(Disk disk, long diskOffset, long bufferOffset, long lengthBytes) {
    long length = check(disk, diskOffset, bufferOffset, lengthBytes);
    if (length == 0 && lengthBytes > 0) {
      throw new MemoryException(Errno.ENOSPC);
    }
    each(bufferOffset, length, at -> disk.write(diskOffset + at - bufferOffset, pages.read(at)));
    return length;
  }

  private long check(Disk disk, long diskOffset, long bufferOffset, long lengthBytes) {
    if (!registered
        || bufferOffset < 0
        || lengthBytes < 0
        || bufferOffset > lengthBytes()
        || lengthBytes > lengthBytes() - bufferOffset) {
      throw new MemoryException(Errno.EFAULT);
    }
    Words.checkAligned(bufferOffset | diskOffset, lengthBytes);
    return disk.clip(diskOffset, lengthBytes);
  }

  private void each(long bufferOffset, long length, Words.Step step) {
    Words.each(address(), bufferOffset, bufferOffset + length, pages.bytesOfAWord(), step);
  }

  /** Lets go of the pages. Unlike other ways of writing to pages this leaves no dirty mark. */
  public void unregister() {
    if (registered) {
      registered = false;
      pages.unpin();
      mm.pinnedVm().remove(accountedPages);
    }
  }

  /** As {@link #unregister}. */
  @Override
  public void close() {
    unregister();
  }
}
