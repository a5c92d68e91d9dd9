package dev.elephantfolio.engine.mm;

import dev.elephantfolio.engine.Errno;
import dev.elephantfolio.engine.MemoryException;
import org.jspecify.annotations.Nullable;

/**
 * mlock(2), mlock2, munlock, mlockall and munlockall, as 6.18 does them. Any thread may call them
 * at any time.
 */
public final class MlockCalls {
  public static final int MLOCK_ONFAULT = 1;
  public static final int MCL_CURRENT = 1;
  public static final int MCL_FUTURE = 2;
  public static final int MCL_ONFAULT = 4;

  private static final int MCL_ALL = MCL_CURRENT | MCL_FUTURE | MCL_ONFAULT;

  private final MmContext context;
  private final VmaModify modify;

  public MlockCalls(MmContext context) {
    this.context = context;
    this.modify = new VmaModify(context);
  }

  /** Whether an area can be locked: device memory, hugetlb and droppable memory cannot. */
  static boolean isLockable(Vma vma) {
    return !vma.has(VmFlags.SPECIAL | VmFlags.HUGETLB | VmFlags.DROPPABLE);
  }

  /**
   * Locks the pages that overlap {@code [address, address + lengthBytes)} and faults them in.
   *
   * @throws MemoryException EPERM without the right to lock; EINVAL for a range that wraps; ENOMEM
   *     for a hole, RLIMIT_MEMLOCK, too many areas, or pages that cannot be faulted in; EAGAIN when
   *     memory ran out
   */
  public void mlock(AddressSpace mm, long address, long lengthBytes) {
    lock(mm, address, lengthBytes, VmFlags.LOCKED);
  }

  /**
   * As {@link #mlock}; with MLOCK_ONFAULT pages are locked as they come.
   *
   * @throws MemoryException also EINVAL for unknown flags
   */
  public void mlock2(AddressSpace mm, long address, long lengthBytes, int flags) {
    if ((flags & ~MLOCK_ONFAULT) != 0) {
      throw new MemoryException(Errno.EINVAL);
    }
    boolean onFault = (flags & MLOCK_ONFAULT) != 0;
    lock(mm, address, lengthBytes, onFault ? VmFlags.LOCKED_MASK : VmFlags.LOCKED);
  }

  /**
   * Unlocks the pages that overlap the range.
   *
   * @throws MemoryException EINVAL for a range that wraps; ENOMEM for a hole or too many areas
   */
  public void munlock(AddressSpace mm, long address, long lengthBytes) {
    long start = Addresses.pageFloor(address);
    long length = Addresses.pageCeil(lengthBytes + (address - start));
    mm.mmapWriteLock();
    try {
      applyToRange(mm, start, length, 0);
    } finally {
      mm.mmapWriteUnlock();
    }
  }

  /**
   * Locks all there is (MCL_CURRENT), all that will come (MCL_FUTURE), as it is touched
   * (MCL_ONFAULT, only beside another).
   *
   * @throws MemoryException EINVAL for other flags; EPERM without the right to lock; ENOMEM for
   *     RLIMIT_MEMLOCK
   */
  public void mlockall(AddressSpace mm, int flags) {
    if (flags == 0 || (flags & ~MCL_ALL) != 0 || flags == MCL_ONFAULT) {
      throw new MemoryException(Errno.EINVAL);
    }
    if (!MmLimits.canLock(mm)) {
      throw new MemoryException(Errno.EPERM);
    }
    boolean current = (flags & MCL_CURRENT) != 0;
    mm.mmapWriteLock();
    try {
      boolean fits = mm.totalVmPages() <= Addresses.pages(mm.limits().memlockBytes());
      if (current && !fits && !mm.capabilities().ipcLock()) {
        throw new MemoryException(Errno.ENOMEM);
      }
      applyToAll(mm, flags);
    } finally {
      mm.mmapWriteUnlock();
    }
    if (current) {
      context.ranges().populate(mm, 0, Addresses.TASK_SIZE, true);
    }
  }

  /** Unlocks all there is, and no longer locks what comes. */
  public void munlockall(AddressSpace mm) {
    mm.mmapWriteLock();
    try {
      applyToAll(mm, 0);
    } finally {
      mm.mmapWriteUnlock();
    }
  }

  private void lock(AddressSpace mm, long address, long lengthBytes, long flags) {
    if (!MmLimits.canLock(mm)) {
      throw new MemoryException(Errno.EPERM);
    }
    long start = Addresses.pageFloor(address);
    long length = Addresses.pageCeil(lengthBytes + (address - start));
    mm.mmapWriteLock();
    try {
      requireWithinLimit(mm, start, length);
      applyToRange(mm, start, length, flags);
    } finally {
      mm.mmapWriteUnlock();
    }
    populate(mm, start, length);
  }

  private void populate(AddressSpace mm, long start, long length) {
    try {
      context.ranges().populate(mm, start, length, false);
    } catch (MemoryException failed) {
      throw switch (failed.errno()) {
        case EFAULT -> new MemoryException(Errno.ENOMEM);
        case ENOMEM -> new MemoryException(Errno.EAGAIN);
        default -> failed;
      };
    }
  }

  private static void requireWithinLimit(AddressSpace mm, long start, long length) {
    if (mm.capabilities().ipcLock()) {
      return;
    }
    long limit = Addresses.pages(mm.limits().memlockBytes());
    long locked = Addresses.pages(length) + mm.lockedVmPages();
    if (locked > limit) {
      // What is locked already within the range is not locked twice.
      locked -= lockedPagesWithin(mm, start, length);
    }
    if (locked > limit) {
      throw new MemoryException(Errno.ENOMEM);
    }
  }

  private static long lockedPagesWithin(AddressSpace mm, long start, long length) {
    boolean wraps = Long.compareUnsigned(start + length, start) < 0;
    long end = wraps ? Addresses.TASK_SIZE : Addresses.boundedEnd(start + length);
    long pages = 0;
    Vma vma = mm.vmas().find(start);
    while (vma != null && vma.start() < end) {
      if (vma.has(VmFlags.LOCKED)) {
        pages += Addresses.pages(Math.min(vma.end(), end) - Math.max(vma.start(), start));
      }
      vma = mm.vmas().next(vma);
    }
    return pages;
  }

  private void applyToRange(AddressSpace mm, long start, long length, long flags) {
    if (Long.compareUnsigned(start + length, start) < 0) {
      throw new MemoryException(Errno.EINVAL);
    }
    if (length == 0) {
      return;
    }
    Vma vma = mm.vmas().at(start);
    if (vma == null) {
      throw new MemoryException(Errno.ENOMEM);
    }
    long end = Addresses.boundedEnd(start + length);
    Vma previous = VmaModify.previousOf(vma, start);
    long from = start;
    while (true) {
      long newFlags = (vma.flags() & ~VmFlags.LOCKED_MASK) | flags;
      previous = lockArea(previous, vma, from, Math.min(vma.end(), end), newFlags);
      from = previous.end();
      if (from >= end) {
        return;
      }
      Vma next = mm.vmas().find(from);
      if (next == null || next.start() != from) {
        throw new MemoryException(Errno.ENOMEM);
      }
      vma = next;
    }
  }

  private void applyToAll(AddressSpace mm, int flags) {
    boolean onFault = (flags & MCL_ONFAULT) != 0;
    long wanted = onFault ? VmFlags.LOCKED_MASK : VmFlags.LOCKED;
    boolean future = (flags & MCL_FUTURE) != 0;
    boolean current = (flags & MCL_CURRENT) != 0;
    long others = mm.defaultFlags() & ~VmFlags.LOCKED_MASK;
    mm.changeDefaultFlags(future ? others | wanted : others);
    if (future && !current) {
      return;
    }
    Vma previous = null;
    Vma vma = mm.vmas().first();
    while (vma != null) {
      long newFlags = (vma.flags() & ~VmFlags.LOCKED_MASK) | (current ? wanted : 0);
      previous = lockAreaOrSkip(previous, vma, newFlags);
      vma = mm.vmas().next(previous);
    }
  }

  private Vma lockAreaOrSkip(@Nullable Vma previous, Vma vma, long newFlags) {
    try {
      return lockArea(previous, vma, vma.start(), vma.end(), newFlags);
    } catch (MemoryException tooManyAreas) {
      return vma;
    }
  }

  /** Changes {@code [start, end)} of one area; returns the area that holds it afterwards. */
  private Vma lockArea(@Nullable Vma previous, Vma vma, long start, long end, long newFlags) {
    long oldFlags = vma.flags();
    if (oldFlags == newFlags || !isLockable(vma)) {
      return vma;
    }
    Vma changed = modify.modifyFlags(previous, vma, start, end, newFlags);
    boolean wasLocked = VmFlags.has(oldFlags, VmFlags.LOCKED);
    boolean locks = VmFlags.has(newFlags, VmFlags.LOCKED);
    long pages = Addresses.pages(end - start);
    if (!locks) {
      vma.mm().addLocked(-pages);
    } else if (!wasLocked) {
      vma.mm().addLocked(pages);
    }
    if (locks && wasLocked) {
      modify.resetFlags(changed, newFlags);
    } else {
      markPages(changed, start, end, newFlags);
    }
    return changed;
  }

  /**
   * While pages are being marked, a locked area is marked IO as well: migration, which may put a
   * page back at any time without mmap_lock, then leaves the marking to us.
   */
  private void markPages(Vma vma, long start, long end, long newFlags) {
    boolean locks = VmFlags.has(newFlags, VmFlags.LOCKED);
    modify.resetFlags(vma, locks ? newFlags | VmFlags.IO : newFlags);
    context.ranges().mlockRange(vma, start, end);
    if (locks) {
      modify.resetFlags(vma, newFlags);
    }
  }
}
