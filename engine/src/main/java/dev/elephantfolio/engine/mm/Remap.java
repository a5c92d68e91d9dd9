package dev.elephantfolio.engine.mm;

import dev.elephantfolio.engine.Errno;
import dev.elephantfolio.engine.MemoryException;
import org.jspecify.annotations.Nullable;

/**
 * One mremap under way: what was asked for, as it is narrowed down on the way.
 *
 * <p>Used by the calling thread alone. Moving several areas makes it stand for one after the other.
 */
final class Remap {
  final AddressSpace mm;
  final int flags;
  long oldAddress;
  long oldLength;
  long newLength;
  long newAddress;

  /** The area at {@code oldAddress}, once found; it changes when areas are split or merged. */
  private @Nullable Vma vma;

  /** By how much the length changes. */
  long delta;

  /** A locked area grows, so the new part must be faulted in. */
  boolean populates;

  /** Whether mmap_lock is still held for writing. */
  boolean locked;

  Remap(
      AddressSpace mm,
      long oldAddress,
      long oldLength,
      long newLength,
      int flags,
      long newAddress) {
    this.mm = mm;
    this.oldAddress = oldAddress;
    this.oldLength = Addresses.pageCeil(oldLength);
    this.newLength = Addresses.pageCeil(newLength);
    this.flags = flags;
    this.newAddress = newAddress;
  }

  boolean mayMove() {
    return (flags & MremapCall.MAYMOVE) != 0;
  }

  boolean isFixed() {
    return (flags & MremapCall.FIXED) != 0;
  }

  boolean keepsSource() {
    return (flags & MremapCall.DONTUNMAP) != 0;
  }

  /** Whether it goes to a new address whatever the lengths. */
  boolean alwaysMoves() {
    return isFixed() || keepsSource();
  }

  boolean grows() {
    return Long.compareUnsigned(oldLength, newLength) < 0;
  }

  boolean shrinks() {
    return Long.compareUnsigned(oldLength, newLength) > 0;
  }

  /** A move to a fixed address without a change of length, which may span several areas. */
  boolean onlyMoves() {
    return isFixed() && oldLength == newLength;
  }

  Vma vma() {
    Vma found = vma;
    if (found == null) {
      throw new MemoryException(Errno.EFAULT);
    }
    return found;
  }

  void use(Vma area) {
    vma = area;
  }

  /**
   * Looks the area at the old address up (again, after areas may have changed).
   *
   * @throws MemoryException EFAULT when there is none
   */
  Vma findVma() {
    vma = mm.vmas().at(oldAddress);
    return vma();
  }
}
