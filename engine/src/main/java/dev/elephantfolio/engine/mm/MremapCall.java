package dev.elephantfolio.engine.mm;

import dev.elephantfolio.engine.Errno;
import dev.elephantfolio.engine.Kernel;
import dev.elephantfolio.engine.MemoryException;

/**
 * mremap(2), as 6.18 does it. Any thread may call it at any time.
 *
 * <pre>
 *  flags                        | length      | does
 *  -----------------------------+-------------+------------------------------------------------
 *  none, MAYMOVE                | same        | nothing
 *  none, MAYMOVE                | less        | unmaps the end
 *  none                         | more        | grows in place
 *  MAYMOVE                      | more        | grows in place, else moves to where there is room
 *  MAYMOVE, FIXED               | any         | unmaps the destination, cuts the end off, moves
 *  MAYMOVE, FIXED               | same        | the same for every area of the range
 *  MAYMOVE, DONTUNMAP (, FIXED) | same        | moves the pages; the source stays, empty
 *  MAYMOVE (, FIXED)            | 0 to more   | maps shared memory once more
 * </pre>
 */
public final class MremapCall {
  public static final int MAYMOVE = 1;
  public static final int FIXED = 2;
  public static final int DONTUNMAP = 4;

  private final MmContext context;
  private final RemapChecks checks;
  private final RemapMove mover;
  private final VmaModify modify;
  private final VmaUnmap unmap;
  private final MunmapCall munmap;
  private final UnmappedArea unmappedArea;

  public MremapCall(MmContext context, Kernel kernel) {
    this.context = context;
    this.checks = new RemapChecks(context.settings());
    this.mover = new RemapMove(context, kernel, checks);
    this.modify = new VmaModify(context);
    this.unmap = new VmaUnmap(context);
    this.munmap = new MunmapCall(context);
    this.unmappedArea = new UnmappedArea(context.settings());
  }

  /**
   * Changes the length or the place of {@code [oldAddress, oldAddress + oldLength)}.
   *
   * @param oldLength bytes; 0 to map shared memory once more
   * @param flags {@link #MAYMOVE} and its kin
   * @param newAddress where to, with FIXED; a hint with DONTUNMAP alone
   * @return where the mapping is now
   * @throws MemoryException EINVAL for wrong arguments; EFAULT for what is not mapped, lies in more
   *     than one area, or may not grow; ENOMEM without room, beyond a limit or near {@code
   *     vm/max_map_count}; EAGAIN beyond RLIMIT_MEMLOCK; EPERM for sealed memory or a low address.
   *     Moving several areas stops at the first that is refused; a destination is unmapped before
   *     the source is looked at.
   */
  public long remap(
      AddressSpace mm,
      long oldAddress,
      long oldLength,
      long newLength,
      int flags,
      long newAddress) {
    Remap remap = new Remap(mm, oldAddress, oldLength, newLength, flags, newAddress);
    checks.requireSensible(remap);
    mm.mmapWriteLock();
    remap.locked = true;
    long result;
    try {
      result = remapLocked(remap);
    } finally {
      if (remap.locked) {
        mm.mmapWriteUnlock();
      }
    }
    if (remap.populates) {
      context.ranges().populate(mm, remap.newAddress + remap.oldLength, remap.delta, true);
    }
    return result;
  }

  private long remapLocked(Remap remap) {
    if (remap.onlyMoves()) {
      return moveAreas(remap);
    }
    Vma vma = remap.findVma();
    checks.prepare(remap);
    if (remap.alwaysMoves()) {
      return moveTo(remap);
    }
    if (remap.shrinks()) {
      cutOffAndUnlock(remap);
      return remap.oldAddress;
    }
    return remap.grows() ? grow(remap, vma) : remap.oldAddress;
  }

  /**
   * Moves every area of the range, keeping the gaps between them.
   *
   * <pre>
   *  |---A---|  |--B--||--C--|      |---A'--|  |--B'-||--C'-|
   *   ^ oldAddress             ---&gt;  ^ newAddress
   * </pre>
   */
  private long moveAreas(Remap remap) {
    VmaTree tree = remap.mm.vmas();
    long start = remap.oldAddress;
    long end = start + remap.oldLength;
    long target = remap.newAddress;
    if (tree.at(start) == null) {
      throw new MemoryException(Errno.EFAULT);
    }
    Vma vma = tree.findIntersection(start, end);
    while (vma != null) {
      long areaEnd = vma.end();
      remap.use(vma);
      remap.oldAddress = Math.max(vma.start(), start);
      remap.newAddress = target + (remap.oldAddress - start);
      remap.oldLength = Math.min(areaEnd, end) - remap.oldAddress;
      remap.newLength = remap.oldLength;
      checks.prepare(remap);
      long _ = moveTo(remap);
      vma = areaEnd < end ? tree.findIntersection(areaEnd, end) : null;
    }
    return target;
  }

  private long moveTo(Remap remap) {
    if (remap.isFixed()) {
      munmap.unmapLocked(remap.mm, remap.newAddress, remap.newLength);
      // An old length that wraps lets the destination overlap the source, which may so be gone.
      Vma _ = remap.findVma();
    }
    if (remap.shrinks()) {
      munmap.unmapLocked(remap.mm, remap.oldAddress + remap.newLength, remap.delta);
      remap.oldLength = remap.newLength;
    }
    Vma vma = remap.findVma();
    if (remap.keepsSource()) {
      MmLimits.requireExpand(remap.mm, vma.flags(), Addresses.pages(remap.oldLength));
    }
    return moveToFreePlace(remap, vma);
  }

  private long moveToFreePlace(Remap remap, Vma vma) {
    int shared = vma.has(VmFlags.MAYSHARE) ? MapFlags.SHARED : 0;
    int fixed = remap.isFixed() ? MapFlags.FIXED : 0;
    remap.newAddress =
        unmappedArea.find(
            remap.mm,
            vma.file(),
            remap.alwaysMoves() ? remap.newAddress : 0,
            remap.newLength,
            vma.pageOffset(remap.oldAddress),
            shared | fixed);
    mover.move(remap);
    return remap.newAddress;
  }

  /** Unmaps what a shorter length leaves over; other threads may fault again meanwhile. */
  private void cutOffAndUnlock(Remap remap) {
    long start = remap.oldAddress + remap.newLength;
    boolean fits =
        start <= Addresses.TASK_SIZE
            && Long.compareUnsigned(remap.delta, Addresses.TASK_SIZE - start) <= 0;
    if (!fits) {
      throw new MemoryException(Errno.EINVAL);
    }
    long end = start + remap.delta;
    if (remap.mm.vmas().findIntersection(start, end) != null) {
      unmap.unmapAndUnlock(remap.mm, start, end);
      remap.locked = false;
    }
  }

  private long grow(Remap remap, Vma vma) {
    if (vma.end() - remap.oldAddress == remap.oldLength && hasRoomAbove(vma, remap.delta)) {
      growInPlace(remap, vma);
      return remap.oldAddress;
    }
    if (!remap.mayMove()) {
      throw new MemoryException(Errno.ENOMEM);
    }
    return moveToFreePlace(remap, vma);
  }

  private boolean hasRoomAbove(Vma vma, long bytes) {
    long end = vma.end() + bytes;
    boolean isFree =
        end <= Addresses.TASK_SIZE && vma.mm().vmas().findIntersection(vma.end(), end) == null;
    boolean isTooLow =
        vma.start() < context.settings().mmapMinAddress() && !vma.mm().capabilities().sysRawio();
    return isFree && !isTooLow;
  }

  private void growInPlace(Remap remap, Vma vma) {
    long pages = Addresses.pages(remap.delta);
    boolean accounted = vma.has(VmFlags.ACCOUNT);
    if (accounted) {
      context.committed().charge(remap.mm, pages);
    }
    Vma grown = modify.mergeExtend(vma, remap.delta);
    if (grown == null) {
      if (accounted) {
        context.committed().uncharge(pages);
      }
      throw new MemoryException(Errno.ENOMEM);
    }
    remap.mm.accountPages(grown.flags(), pages);
    if (grown.has(VmFlags.LOCKED)) {
      remap.mm.addLocked(pages);
    }
  }
}
