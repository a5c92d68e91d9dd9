package dev.elephantfolio.engine.secondary;

import dev.elephantfolio.engine.Errno;
import dev.elephantfolio.engine.MemoryException;

/**
 * A stretch of guest memory and the process's addresses behind it.
 *
 * @param guestAddress the first guest address, in bytes, a multiple of the page size
 * @param hostAddress the process's address of that byte, a multiple of the page size
 * @param lengthBytes a multiple of the page size
 */
public record MemorySlot(long guestAddress, long hostAddress, long lengthBytes) {
  private static final long HUGE_SIZE = 1L << 21;
  private static final long LIMIT = 1L << 47;

  /**
   * @throws MemoryException EINVAL for what is not aligned, empty or out of the address space
   */
  public MemorySlot {
    boolean aligned = ((guestAddress | hostAddress | lengthBytes) & 0xFFF) == 0;
    if (!aligned || lengthBytes <= 0 || !fits(guestAddress, lengthBytes)) {
      throw new MemoryException(Errno.EINVAL);
    }
    if (!fits(hostAddress, lengthBytes)) {
      throw new MemoryException(Errno.EINVAL);
    }
  }

  private static boolean fits(long address, long lengthBytes) {
    return address >= 0 && address <= LIMIT - lengthBytes && lengthBytes <= LIMIT;
  }

  long guestEnd() {
    return guestAddress + lengthBytes;
  }

  long hostEnd() {
    return hostAddress + lengthBytes;
  }

  boolean contains(long guest) {
    return guestAddress <= guest && guest < guestEnd();
  }

  /** The process's address behind the guest's. */
  long hostOf(long guest) {
    return hostAddress + (guest - guestAddress);
  }

  long guestOf(long host) {
    return guestAddress + (host - hostAddress);
  }

  /**
   * Whether one 2 MiB entry may map the block around {@code guest}: both addresses have the same
   * offset in a block, and the whole block lies in this slot.
   */
  boolean mayBeHuge(long guest) {
    long block = guest & -HUGE_SIZE;
    return ((guestAddress ^ hostAddress) & (HUGE_SIZE - 1)) == 0
        && guestAddress <= block
        && block + HUGE_SIZE <= guestEnd();
  }
}
