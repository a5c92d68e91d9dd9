package dev.elephantfolio.engine.mm;

import dev.elephantfolio.engine.Errno;
import dev.elephantfolio.engine.MemoryException;

/** What mremap refuses, in the order in which 6.18 does. */
final class RemapChecks {
  private static final int KNOWN_FLAGS =
      MremapCall.MAYMOVE | MremapCall.FIXED | MremapCall.DONTUNMAP;

  /** Areas that a move may need for a moment, below the setting. */
  private static final int SPARE_AREAS = 3;

  private final VmSettings settings;

  RemapChecks(VmSettings settings) {
    this.settings = settings;
  }

  /**
   * What is wrong whatever is mapped.
   *
   * @throws MemoryException EINVAL; ENOMEM near {@code vm/max_map_count}, for a move that begins
   *     with unmapping the destination
   */
  void requireSensible(Remap remap) {
    boolean sensible =
        (remap.flags & ~KNOWN_FLAGS) == 0
            && Addresses.isPageAligned(remap.oldAddress)
            && remap.newLength != 0
            && Long.compareUnsigned(remap.newLength, Addresses.TASK_SIZE) <= 0
            && (!remap.alwaysMoves() || isSensibleMove(remap));
    if (!sensible) {
      throw new MemoryException(Errno.EINVAL);
    }
    // Both the place it leaves and the place it goes to may be cut out of the middle of an area.
    if (remap.alwaysMoves() && remap.mm.vmas().size() + 2 >= mostAreas()) {
      throw new MemoryException(Errno.ENOMEM);
    }
  }

  private static boolean isSensibleMove(Remap remap) {
    long lastAddress = Addresses.TASK_SIZE - remap.newLength;
    return Long.compareUnsigned(remap.newAddress, lastAddress) <= 0
        && Addresses.isPageAligned(remap.newAddress)
        && remap.mayMove()
        && (!remap.keepsSource() || remap.oldLength == remap.newLength)
        && !overlaps(remap);
  }

  private static boolean overlaps(Remap remap) {
    long oldEnd = remap.oldAddress + remap.oldLength;
    long newEnd = remap.newAddress + remap.newLength;
    return Long.compareUnsigned(oldEnd, remap.newAddress) > 0
        && Long.compareUnsigned(newEnd, remap.oldAddress) > 0;
  }

  /**
   * @throws MemoryException ENOMEM when a move might need more areas than there may be
   */
  void requireSpareAreas(AddressSpace mm) {
    if (mm.vmas().size() >= mostAreas()) {
      throw new MemoryException(Errno.ENOMEM);
    }
  }

  private int mostAreas() {
    return settings.maxMapCount() - SPARE_AREAS;
  }

  /**
   * What is wrong with the area found, and prepares the remap for it. mmap_lock held for writing.
   *
   * @throws MemoryException EFAULT for nothing there, a range that goes beyond the area, or an area
   *     that may not grow; EPERM for sealed memory; EINVAL for a duplicate of a private area and
   *     for DONTUNMAP of device memory; EAGAIN for RLIMIT_MEMLOCK; ENOMEM for RLIMIT_AS and
   *     RLIMIT_DATA
   */
  void prepare(Remap remap) {
    Vma vma = remap.vma();
    if (vma.isSealed()) {
      throw new MemoryException(Errno.EPERM);
    }
    long more = remap.newLength - remap.oldLength;
    remap.delta = remap.shrinks() ? -more : more;
    if (!remap.alwaysMoves()) {
      remap.newAddress = remap.oldAddress;
    }
    if (remap.grows() || remap.alwaysMoves()) {
      requireMappable(remap, vma);
    }
  }

  private void requireMappable(Remap remap, Vma vma) {
    boolean isShared = vma.has(VmFlags.SHARED | VmFlags.MAYSHARE);
    boolean mayNotExpand = vma.has(VmFlags.DONTEXPAND | VmFlags.PFNMAP);
    if ((remap.oldLength == 0 && !isShared) || (remap.keepsSource() && mayNotExpand)) {
      throw new MemoryException(Errno.EINVAL);
    }
    // What a shrink cuts off may well belong to other areas.
    long oldLength = remap.shrinks() ? remap.newLength : remap.oldLength;
    if (Long.compareUnsigned(oldLength, vma.end() - remap.oldAddress) > 0) {
      throw new MemoryException(Errno.EFAULT);
    }
    if (oldLength != remap.newLength) {
      requireGrowable(remap, vma, mayNotExpand);
    }
  }

  private static void requireGrowable(Remap remap, Vma vma, boolean mayNotExpand) {
    remap.populates = vma.has(VmFlags.LOCKED);
    long firstPage = vma.pageOffset(remap.oldAddress);
    if (firstPage + Addresses.pages(remap.newLength) < firstPage) {
      throw new MemoryException(Errno.EINVAL);
    }
    if (mayNotExpand) {
      throw new MemoryException(Errno.EFAULT);
    }
    if (!MmLimits.mayLock(remap.mm, vma.flags(), remap.delta)) {
      throw new MemoryException(Errno.EAGAIN);
    }
    MmLimits.requireExpand(remap.mm, vma.flags(), Addresses.pages(remap.delta));
  }
}
