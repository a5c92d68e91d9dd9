package dev.elephantfolio.engine.mm;

import dev.elephantfolio.engine.Errno;
import dev.elephantfolio.engine.Kernel;
import dev.elephantfolio.engine.MemoryException;
import dev.elephantfolio.engine.folio.LruLists;
import org.jspecify.annotations.Nullable;

/**
 * madvise(2), as 6.18 does it.
 *
 * <pre>
 *  advice                                        | lock held meanwhile
 *  ----------------------------------------------+--------------------------------------------
 *  DONTNEED DONTNEED_LOCKED FREE                 | the area's own, for a range within one area;
 *                                                | else mmap_lock for reading
 *  WILLNEED COLD PAGEOUT POPULATE_READ           | mmap_lock for reading
 *  POPULATE_WRITE COLLAPSE REMOVE GUARD_INSTALL  |
 *  GUARD_REMOVE                                  |
 *  what is kept as flags of the area             | mmap_lock for writing
 * </pre>
 *
 * <p>Kept from a kernel without CONFIG_MEMORY_FAILURE: HWPOISON and SOFT_OFFLINE are EINVAL. The
 * plain page cache has no hole punching: REMOVE of a shared file is EOPNOTSUPP.
 *
 * <p>Any thread may call it at any time.
 */
public final class MadviseCall {
  /** What is done with the part of the range that lies in one area. */
  private interface Action {
    /**
     * @param previous the area below the part; {@code vma} itself when the part begins inside
     * @return the area that holds the part now; null when mmap_lock was released meanwhile
     */
    @Nullable Vma apply(@Nullable Vma previous, Vma vma, long start, long end);
  }

  private final Populate populate;
  private final ZapRange zapRange;
  private final MadviseFlags flags;
  private final AdviseFree adviseFree;
  private final AdviseCold adviseCold;
  private final GuardRegions guards;
  private final PunchHole hole;
  private final CollapseAdvice collapse;
  private final LruLists lru;

  public MadviseCall(
      MmContext context, Kernel kernel, PageTableRanges ranges, CollapseAdvice collapse) {
    this.populate = ranges.populate();
    this.zapRange = ranges.zapRange();
    this.flags = new MadviseFlags(context);
    this.adviseFree = new AdviseFree(kernel);
    this.adviseCold = new AdviseCold(kernel);
    this.guards = new GuardRegions(kernel, zapRange);
    this.hole = new PunchHole(kernel);
    this.collapse = collapse;
    this.lru = kernel.folios().lru();
  }

  /**
   * Advises the kernel about {@code [address, address + lengthBytes)}, the length rounded up to
   * pages. Where nothing is mapped nothing is done; the rest is done nevertheless.
   *
   * @param advice one of {@link Madvise}
   * @throws MemoryException EINVAL for unknown advice, an unaligned address, a range that wraps, or
   *     an area of the wrong kind; ENOMEM when part of the range is not mapped, or memory ran out;
   *     EPERM for discarding sealed memory that may not be written; EFAULT when populating meets a
   *     guard page; EACCES for removing what may not be written, EOPNOTSUPP for removing from a
   *     file; EAGAIN with too many areas; EBUSY and EAGAIN from a collapse
   */
  public void advise(AddressSpace mm, long address, long lengthBytes, int advice) {
    requireKnown(advice);
    long end = checkedEnd(address, lengthBytes);
    if (lengthBytes == 0) {
      return;
    }
    requireUserAddress(address);
    long limit = end < 0 ? Long.MAX_VALUE & Addresses.PAGE_MASK : end;
    switch (advice) {
      case Madvise.DONTNEED, Madvise.DONTNEED_LOCKED, Madvise.FREE ->
          drop(mm, address, limit, advice);
      case Madvise.POPULATE_READ, Madvise.POPULATE_WRITE ->
          populate(mm, address, limit, advice == Madvise.POPULATE_WRITE);
      case Madvise.GUARD_INSTALL -> installGuards(mm, address, limit);
      case Madvise.WILLNEED,
          Madvise.COLD,
          Madvise.PAGEOUT,
          Madvise.COLLAPSE,
          Madvise.REMOVE,
          Madvise.GUARD_REMOVE ->
          walkReading(mm, address, limit, (_, vma, from, to) -> onPages(vma, from, to, advice));
      default ->
          walkWriting(
              mm,
              address,
              limit,
              (previous, vma, from, to) -> {
                requireModifiable(vma, advice);
                return flags.apply(previous, vma, from, to, advice);
              });
    }
  }

  // Arguments, in the kernel's order.

  private static void requireKnown(int advice) {
    boolean known =
        switch (advice) {
          case Madvise.NORMAL,
              Madvise.RANDOM,
              Madvise.SEQUENTIAL,
              Madvise.WILLNEED,
              Madvise.DONTNEED,
              Madvise.FREE,
              Madvise.REMOVE,
              Madvise.DONTFORK,
              Madvise.DOFORK,
              Madvise.MERGEABLE,
              Madvise.UNMERGEABLE,
              Madvise.HUGEPAGE,
              Madvise.NOHUGEPAGE,
              Madvise.DONTDUMP,
              Madvise.DODUMP,
              Madvise.WIPEONFORK,
              Madvise.KEEPONFORK,
              Madvise.COLD,
              Madvise.PAGEOUT,
              Madvise.POPULATE_READ,
              Madvise.POPULATE_WRITE,
              Madvise.DONTNEED_LOCKED,
              Madvise.COLLAPSE,
              Madvise.GUARD_INSTALL,
              Madvise.GUARD_REMOVE ->
              true;
          default -> false;
        };
    if (!known) {
      throw new MemoryException(Errno.EINVAL);
    }
  }

  /** The end of the range; negative at and above 2^63, where nothing is ever mapped. */
  private static long checkedEnd(long address, long lengthBytes) {
    if (!Addresses.isPageAligned(address)) {
      throw new MemoryException(Errno.EINVAL);
    }
    long length = Addresses.pageCeil(lengthBytes);
    boolean wraps = Long.compareUnsigned(address + length, address) < 0;
    if (wraps || (lengthBytes != 0 && length == 0)) {
      throw new MemoryException(Errno.EINVAL);
    }
    return address + length;
  }

  private static void requireUserAddress(long address) {
    if (address < 0) {
      throw new MemoryException(Errno.ENOMEM);
    }
  }

  // Kinds of advice, by the lock they need.

  private void drop(AddressSpace mm, long start, long end, int advice) {
    Vma vma = VmaLookup.lockWithoutMmapLock(mm, start);
    if (vma != null) {
      try {
        if (end <= vma.end()) {
          dropFrom(vma, start, end, advice);
          return;
        }
      } finally {
        vma.readUnlock();
      }
    }
    walkReading(mm, start, end, (_, area, from, to) -> dropFrom(area, from, to, advice));
  }

  private Vma dropFrom(Vma vma, long start, long end, int advice) {
    requireModifiable(vma, advice);
    boolean locked = vma.has(VmFlags.LOCKED) && advice != Madvise.DONTNEED_LOCKED;
    if (locked || vma.has(VmFlags.PFNMAP)) {
      throw new MemoryException(Errno.EINVAL);
    }
    if (advice == Madvise.FREE) {
      adviseFree.free(vma, start, end);
    } else {
      zapRange.discard(vma, start, end);
    }
    return vma;
  }

  private void populate(AddressSpace mm, long start, long end, boolean write) {
    mm.mmapReadLock();
    try {
      populate.prefault(mm, start, end, write);
    } finally {
      mm.mmapReadUnlock();
    }
  }

  /** Others may fault pages in as fast as they are dropped: then they get the lock in between. */
  private void installGuards(AddressSpace mm, long start, long end) {
    boolean[] crowdedOut = new boolean[1];
    do {
      crowdedOut[0] = false;
      walkReading(
          mm,
          start,
          end,
          (_, vma, from, to) -> {
            requireModifiable(vma, Madvise.GUARD_INSTALL);
            crowdedOut[0] |= !guards.install(vma, from, to);
            return vma;
          });
    } while (crowdedOut[0]);
  }

  private @Nullable Vma onPages(Vma vma, long start, long end, int advice) {
    requireModifiable(vma, advice);
    switch (advice) {
      // Without swap there is nothing to read ahead; files have all their pages.
      case Madvise.WILLNEED -> lru.drainLocal();
      case Madvise.COLD -> adviseCold.cold(vma, start, end);
      case Madvise.PAGEOUT -> adviseCold.pageOut(vma, start, end);
      case Madvise.GUARD_REMOVE -> guards.remove(vma, start, end);
      case Madvise.REMOVE -> hole.punch(vma, start, end);
      case Madvise.COLLAPSE -> {
        return collapse.collapse(vma, start, end) ? null : vma;
      }
      default -> throw new IllegalArgumentException("no advice about pages: " + advice);
    }
    return vma;
  }

  /** Sealed private memory that may not be written may not be discarded either. */
  private static void requireModifiable(Vma vma, int advice) {
    if (vma.isSealed() && isDiscard(advice) && vma.isAnonymous() && !vma.has(VmFlags.WRITE)) {
      throw new MemoryException(Errno.EPERM);
    }
  }

  private static boolean isDiscard(int advice) {
    return switch (advice) {
      case Madvise.FREE,
          Madvise.DONTNEED,
          Madvise.DONTNEED_LOCKED,
          Madvise.REMOVE,
          Madvise.DONTFORK,
          Madvise.WIPEONFORK,
          Madvise.GUARD_INSTALL ->
          true;
      default -> false;
    };
  }

  // Walking the areas of the range.

  private static void walkReading(AddressSpace mm, long start, long end, Action action) {
    mm.mmapReadLock();
    try {
      walk(mm, start, end, action);
    } finally {
      mm.mmapReadUnlock();
    }
  }

  private static void walkWriting(AddressSpace mm, long start, long end, Action action) {
    mm.mmapWriteLock();
    try {
      walk(mm, start, end, action);
    } finally {
      mm.mmapWriteUnlock();
    }
  }

  private static void walk(AddressSpace mm, long start, long end, Action action) {
    VmaTree areas = mm.vmas();
    Vma previous = areas.before(start);
    Vma vma = areas.find(start);
    if (vma != null && vma.start() < start) {
      previous = vma;
    }
    boolean hole = false;
    long at = start;
    while (at < end) {
      hole |= vma == null || at < vma.start();
      if (vma == null || vma.start() >= end) {
        break;
      }
      long to = Math.min(vma.end(), end);
      previous = action.apply(previous, vma, Math.max(at, vma.start()), to);
      // A merge may have carried the area further than the range.
      at = previous == null ? to : Math.max(to, previous.end());
      vma = areas.find(at);
    }
    if (hole) {
      throw new MemoryException(Errno.ENOMEM);
    }
  }
}
