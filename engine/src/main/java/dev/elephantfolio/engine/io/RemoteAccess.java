package dev.elephantfolio.engine.io;

import dev.elephantfolio.engine.Errno;
import dev.elephantfolio.engine.MemoryException;
import dev.elephantfolio.engine.gup.Gup;
import dev.elephantfolio.engine.gup.GupFlags;
import dev.elephantfolio.engine.gup.PinnedPages;
import dev.elephantfolio.engine.mm.AddressSpace;
import dev.elephantfolio.engine.mm.Addresses;

/**
 * One copy between the caller's memory and another process's: that one's pages are pinned, 1024 at
 * a time, and copied past its page tables, but not past its rights.
 *
 * <p>Used by one thread, once. Behaviour: mm/process_vm_access.c of 6.18.
 */
final class RemoteAccess {
  private static final long STEP_BYTES = 1024 << Addresses.PAGE_SHIFT;

  private final Gup gup;
  private final IoCalls.Caller caller;
  private final UserWords local;
  private final long localAddress;
  private final AddressSpace remote;
  private final long remoteAddress;
  private final boolean write;
  private long doneBytes;

  RemoteAccess(
      Gup gup,
      IoCalls.Caller caller,
      UserWords local,
      long localAddress,
      AddressSpace remote,
      long remoteAddress,
      boolean write) {
    this.gup = gup;
    this.caller = caller;
    this.local = local;
    this.localAddress = localAddress;
    this.remote = remote;
    this.remoteAddress = remoteAddress;
    this.write = write;
  }

  /**
   * Copies, up to the first address that does not do.
   *
   * @return how many bytes
   * @throws MemoryException EFAULT when nothing was copied
   */
  long copy(long lengthBytes) {
    try {
      while (doneBytes < lengthBytes) {
        long at = remoteAddress + doneBytes;
        long step = STEP_BYTES - (at & (Addresses.PAGE_SIZE - 1));
        copyStep(at, Math.min(lengthBytes - doneBytes, step));
      }
    } catch (MemoryException refused) {
      if (doneBytes == 0) {
        throw new MemoryException(Errno.EFAULT);
      }
    }
    return doneBytes;
  }

  private void copyStep(long address, long lengthBytes) {
    int flags = write ? GupFlags.WRITE : 0;
    PinnedPages pages = gup.pinSlow(remote, address, lengthBytes, flags, caller.faults());
    long before = doneBytes;
    long available = pages.availableBytes();
    try {
      Words.each(address, 0, available, pages.bytesOfAWord(), at -> copyWord(pages, before, at));
      doneBytes = before + available;
    } finally {
      letGo(pages);
    }
  }

  private void copyWord(PinnedPages pages, long before, long at) {
    long mine = localAddress + before + at;
    if (write) {
      pages.write(at, local.load(mine));
    } else {
      local.store(mine, pages.read(at));
    }
    doneBytes = before + at + Long.BYTES;
  }

  private void letGo(PinnedPages pages) {
    if (write) {
      pages.unpinDirty();
    } else {
      pages.unpin();
    }
  }
}
