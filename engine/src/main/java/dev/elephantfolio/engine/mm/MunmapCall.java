package dev.elephantfolio.engine.mm;

import dev.elephantfolio.engine.Errno;
import dev.elephantfolio.engine.MemoryException;

/** munmap(2), as 6.18 does it. Any thread may call it at any time. */
public final class MunmapCall {
  private final VmaUnmap unmap;

  public MunmapCall(MmContext context) {
    this.unmap = new VmaUnmap(context);
  }

  /**
   * Unmaps the pages of {@code [address, address + lengthBytes)}; holes are no error.
   *
   * @throws MemoryException EINVAL for an address that is not a multiple of the page size, no
   *     length, or a range beyond the address space; ENOMEM when a hole in the middle of an area
   *     would make one area too many; EPERM for sealed memory
   */
  public void unmap(AddressSpace mm, long address, long lengthBytes) {
    mm.mmapWriteLock();
    boolean unlocked = false;
    try {
      unlocked = unmapAndUnlock(mm, address, lengthBytes);
    } finally {
      if (!unlocked) {
        mm.mmapWriteUnlock();
      }
    }
  }

  /** As {@link #unmap} for a caller that holds mmap_lock for writing, and goes on holding it. */
  public void unmapLocked(AddressSpace mm, long address, long lengthBytes) {
    long end = checkedEnd(address, lengthBytes);
    if (mm.vmas().findIntersection(address, end) != null) {
      unmap.unmap(mm, address, end);
    }
  }

  /** True when mmap_lock was released on the way; held for writing before. */
  private boolean unmapAndUnlock(AddressSpace mm, long address, long lengthBytes) {
    long end = checkedEnd(address, lengthBytes);
    if (mm.vmas().findIntersection(address, end) == null) {
      return false;
    }
    unmap.unmapAndUnlock(mm, address, end);
    return true;
  }

  private static long checkedEnd(long address, long lengthBytes) {
    boolean fits =
        Addresses.isPageAligned(address)
            && Long.compareUnsigned(address, Addresses.TASK_SIZE) <= 0
            && Long.compareUnsigned(lengthBytes, Addresses.TASK_SIZE - address) <= 0
            && lengthBytes != 0;
    if (!fits) {
      throw new MemoryException(Errno.EINVAL);
    }
    return address + Addresses.pageCeil(lengthBytes);
  }
}
