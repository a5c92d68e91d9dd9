package dev.elephantfolio.engine.mm;

import dev.elephantfolio.engine.Errno;
import dev.elephantfolio.engine.MemoryException;
import dev.elephantfolio.engine.pagecache.MappedFile;
import org.jspecify.annotations.Nullable;

/**
 * Where a mapping goes: the address asked for, or a free place below mmap_base, or (when there is
 * none) above a third of the address space. mmap_lock held for writing.
 *
 * <p>Behaviour: x86-64, 6.18. Anonymous memory without a hint whose length is a multiple of 2 MiB,
 * and files, are placed so that huge pages fit.
 */
final class UnmappedArea {
  private static final long NONE = VmaTree.NO_GAP;
  private static final long LOW_32_START = 0x4000_0000L;
  private static final long LOW_32_END = 0x8000_0000L;
  private static final long BOTTOM_UP_BASE = Addresses.pageCeil(Addresses.TASK_SIZE / 3);

  private final VmSettings settings;

  UnmappedArea(VmSettings settings) {
    this.settings = settings;
  }

  /**
   * The address for a mapping; whether a fixed one overlaps something is not looked at.
   *
   * @param address the hint, or with MAP_FIXED the place
   * @param lengthBytes a multiple of the page size
   * @throws MemoryException ENOMEM when it fits nowhere, EINVAL for a fixed address that is not a
   *     multiple of the page size, EPERM for one below {@code vm/mmap_min_addr}
   */
  long find(
      AddressSpace mm,
      @Nullable MappedFile file,
      long address,
      long lengthBytes,
      long pageOffset,
      int mapFlags) {
    if (Long.compareUnsigned(lengthBytes, Addresses.TASK_SIZE) > 0) {
      throw new MemoryException(Errno.ENOMEM);
    }
    long found =
        placesHuge(file, address, lengthBytes, mapFlags)
            ? placeHuge(mm, address, lengthBytes, file == null ? 0 : pageOffset, mapFlags)
            : place(mm, address, lengthBytes, mapFlags);
    return checked(mm, found, lengthBytes);
  }

  private long checked(AddressSpace mm, long found, long lengthBytes) {
    if (found == NONE || Long.compareUnsigned(found, Addresses.TASK_SIZE - lengthBytes) > 0) {
      throw new MemoryException(Errno.ENOMEM);
    }
    if (!Addresses.isPageAligned(found)) {
      throw new MemoryException(Errno.EINVAL);
    }
    if (found < settings.mmapMinAddress() && !mm.capabilities().sysRawio()) {
      throw new MemoryException(Errno.EPERM);
    }
    return found;
  }

  private static boolean placesHuge(
      @Nullable MappedFile file, long address, long lengthBytes, int mapFlags) {
    if (file != null) {
      // Shared memory has no huge pages here: it goes where there is room.
      return !file.isShmem();
    }
    boolean isPrivate = (mapFlags & MapFlags.SHARED) == 0;
    return isPrivate && address == 0 && Addresses.isPmdAligned(lengthBytes);
  }

  /** A place congruent to the file offset modulo 2 MiB, when one with so much room exists. */
  private long placeHuge(
      AddressSpace mm, long address, long lengthBytes, long pageOffset, int mapFlags) {
    long offset = pageOffset << Addresses.PAGE_SHIFT;
    long firstHuge = Addresses.roundUp(offset, Addresses.PMD_SIZE);
    if (offset + lengthBytes - firstHuge >= Addresses.PMD_SIZE) {
      long roomy = place(mm, address, lengthBytes + Addresses.PMD_SIZE, mapFlags);
      if (roomy != NONE && roomy != 0) {
        return roomy == address ? address : alignWithin(mm, roomy, offset);
      }
    }
    return place(mm, address, lengthBytes, mapFlags);
  }

  private static long alignWithin(AddressSpace mm, long roomy, long offset) {
    long shift = (offset - roomy) & ~Addresses.PMD_MASK;
    boolean topDown = mm.hasFlag(MmFlags.TOPDOWN);
    return topDown && shift == 0 ? roomy + Addresses.PMD_SIZE : roomy + shift;
  }

  private long place(AddressSpace mm, long address, long lengthBytes, int mapFlags) {
    if ((mapFlags & MapFlags.FIXED) != 0) {
      return address;
    }
    boolean low = (mapFlags & MapFlags.IN_LOW_32_BITS) != 0;
    if (!low && mm.hasFlag(MmFlags.TOPDOWN)) {
      long found = placeTopDown(mm, address, lengthBytes, mapFlags);
      if (found != NONE) {
        return found;
      }
    }
    return placeBottomUp(mm, address, lengthBytes, low);
  }

  private long placeTopDown(AddressSpace mm, long hint, long lengthBytes, int mapFlags) {
    if (Long.compareUnsigned(lengthBytes, Addresses.TASK_SIZE) > 0) {
      return NONE;
    }
    if (hint != 0 && isFree(mm, hint, lengthBytes, Addresses.TASK_SIZE)) {
      return hint;
    }
    long low = (mapFlags & MapFlags.ABOVE_4G) != 0 ? 1L << 32 : Addresses.PAGE_SIZE;
    return highest(mm, Math.max(low, settings.lowestPlacement()), lengthBytes);
  }

  private long placeBottomUp(AddressSpace mm, long hint, long lengthBytes, boolean low) {
    long start = low ? LOW_32_START : BOTTOM_UP_BASE;
    long end = low ? LOW_32_END : Addresses.TASK_SIZE;
    if (Long.compareUnsigned(lengthBytes, end) > 0) {
      return NONE;
    }
    if (hint != 0 && isFree(mm, Addresses.pageCeil(hint), lengthBytes, end)) {
      return Addresses.pageCeil(hint);
    }
    return lowest(mm, Math.max(start, settings.lowestPlacement()), end, lengthBytes);
  }

  private static boolean isFree(AddressSpace mm, long hint, long lengthBytes, long end) {
    if (Long.compareUnsigned(hint, end - lengthBytes) > 0) {
      return false;
    }
    Vma above = mm.vmas().find(hint);
    return above == null || hint + lengthBytes <= above.startWithGap();
  }

  /** The highest place below mmap_base that leaves a stack above it its gap. */
  private long highest(AddressSpace mm, long low, long lengthBytes) {
    VmaTree tree = mm.vmas();
    long high = mm.layout().mmapBase();
    while (true) {
      long gapEnd = tree.highestGapEnd(low, high, lengthBytes);
      if (gapEnd == NONE) {
        return NONE;
      }
      Vma above = tree.find(gapEnd);
      if (above == null || above.startWithGap() >= gapEnd) {
        return gapEnd - lengthBytes;
      }
      high = above.startWithGap();
    }
  }

  /** The lowest place in the range that leaves a stack above it its gap. */
  private static long lowest(AddressSpace mm, long low, long high, long lengthBytes) {
    VmaTree tree = mm.vmas();
    long from = low;
    while (true) {
      long gapStart = tree.lowestGapStart(from, high, lengthBytes);
      if (gapStart == NONE) {
        return NONE;
      }
      Vma above = tree.find(gapStart);
      if (above == null || above.startWithGap() >= gapStart + lengthBytes) {
        return gapStart;
      }
      from = above.end();
    }
  }
}
