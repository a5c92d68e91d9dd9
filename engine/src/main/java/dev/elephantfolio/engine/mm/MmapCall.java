package dev.elephantfolio.engine.mm;

import dev.elephantfolio.engine.Errno;
import dev.elephantfolio.engine.MemoryException;
import dev.elephantfolio.engine.pagecache.MappedFile;
import org.jspecify.annotations.Nullable;

/**
 * mmap(2), as x86-64 and 6.18 do it. Any thread may call it at any time.
 *
 * <p>hugetlb pools do not exist yet: MAP_HUGETLB finds them empty.
 */
public final class MmapCall {
  private static final long MAX_FILE_BYTES = Long.MAX_VALUE;
  private static final int SIZE_2M_LOG = 21;
  private static final int SIZE_1G_LOG = 30;

  /** Pages that may vanish are neither reserved, nor inherited, nor dumped. */
  private static final long DROPPABLE_FLAGS =
      VmFlags.DROPPABLE | VmFlags.NORESERVE | VmFlags.WIPEONFORK | VmFlags.DONTDUMP;

  private final MmContext context;
  private final UnmappedArea unmappedArea;
  private final MapRegion region;

  public MmapCall(MmContext context) {
    this.context = context;
    this.unmappedArea = new UnmappedArea(context.settings());
    this.region = new MapRegion(context);
  }

  /** Private anonymous or, with MAP_SHARED, shared anonymous memory. */
  public long map(AddressSpace mm, long address, long lengthBytes, int prot, int mapFlags) {
    return map(mm, address, lengthBytes, prot, mapFlags | MapFlags.ANONYMOUS, null, 0);
  }

  /**
   * Maps memory.
   *
   * @param address a hint, or with MAP_FIXED the place
   * @param prot {@link Prot} bits
   * @param mapFlags {@link MapFlags} bits
   * @param file what is mapped; unused with MAP_ANONYMOUS
   * @param fileOffsetBytes where in the file
   * @return the address of the mapping
   * @throws MemoryException
   *     <ul>
   *       <li>EINVAL: no length, an offset or fixed address that is not a multiple of the page
   *           size, no or contradictory kind of mapping
   *       <li>EBADF: no file and not anonymous
   *       <li>EACCES: the file is not open for what is asked
   *       <li>EOVERFLOW, EOPNOTSUPP: beyond a file's size; a flag that MAP_SHARED_VALIDATE does not
   *           know
   *       <li>EEXIST: MAP_FIXED_NOREPLACE over something
   *       <li>EPERM: locking without the right to, or a place below {@code vm/mmap_min_addr}, or
   *           over sealed memory
   *       <li>EAGAIN: more locked memory than RLIMIT_MEMLOCK
   *       <li>ENOMEM: no place, too many areas, RLIMIT_AS, RLIMIT_DATA, the commit limit
   *     </ul>
   */
  public long map(
      AddressSpace mm,
      long address,
      long lengthBytes,
      int prot,
      int mapFlags,
      @Nullable MappedFile file,
      long fileOffsetBytes) {
    if (!Addresses.isPageAligned(fileOffsetBytes)) {
      throw new MemoryException(Errno.EINVAL);
    }
    MappedFile mapped = fileOf(mapFlags, file);
    long pageOffset = Addresses.pages(fileOffsetBytes);
    Placed placed;
    mm.mmapWriteLock();
    try {
      placed = mapLocked(mm, address, lengthBytes, prot, mapFlags, mapped, pageOffset);
    } finally {
      mm.mmapWriteUnlock();
    }
    if (placed.populateBytes != 0) {
      context.ranges().populate(mm, placed.address, placed.populateBytes, true);
    }
    return placed.address;
  }

  /** Where the mapping went, and how many bytes of it are to be faulted in at once. */
  private record Placed(long address, long populateBytes) {}

  private static @Nullable MappedFile fileOf(int mapFlags, @Nullable MappedFile file) {
    boolean huge = (mapFlags & MapFlags.HUGETLB) != 0;
    if ((mapFlags & MapFlags.ANONYMOUS) == 0) {
      if (file == null) {
        throw new MemoryException(Errno.EBADF);
      }
      if (huge) {
        throw new MemoryException(Errno.EINVAL);
      }
      return file;
    }
    if (huge) {
      int sizeLog = mapFlags >>> MapFlags.HUGE_SHIFT & MapFlags.HUGE_MASK;
      boolean known = sizeLog == 0 || sizeLog == SIZE_2M_LOG || sizeLog == SIZE_1G_LOG;
      throw new MemoryException(known ? Errno.ENOMEM : Errno.EINVAL);
    }
    return null;
  }

  private Placed mapLocked(
      AddressSpace mm,
      long address,
      long lengthBytes,
      int prot,
      int mapFlags,
      @Nullable MappedFile file,
      long pageOffset) {
    int flags = mapFlags;
    if ((flags & MapFlags.FIXED_NOREPLACE) != 0) {
      flags |= MapFlags.FIXED;
    }
    long hint = (flags & MapFlags.FIXED) != 0 ? address : roundHint(address);
    long length = checkedLength(mm, lengthBytes, pageOffset);
    long vmFlags = requestedFlags(mm, prot, flags);
    long place = unmappedArea.find(mm, file, hint, length, pageOffset, flags);
    requireFreeAndLockable(mm, place, length, flags, vmFlags);
    if (file == null) {
      vmFlags |= anonymousFlags(flags, vmFlags);
    } else {
      requireWithinFile(length, pageOffset);
      vmFlags |= fileFlags(file, prot, flags, vmFlags);
      vmFlags &= ~deniedByFile(file, flags);
    }
    vmFlags |= unreservedFlag(flags);
    region.map(mm, file, place, length, vmFlags, offsetOf(file, place, pageOffset, vmFlags));
    return new Placed(place, wantsPages(flags, vmFlags) ? length : 0);
  }

  private long checkedLength(AddressSpace mm, long lengthBytes, long pageOffset) {
    if (lengthBytes == 0) {
      throw new MemoryException(Errno.EINVAL);
    }
    long length = Addresses.pageCeil(lengthBytes);
    if (length == 0) {
      throw new MemoryException(Errno.ENOMEM);
    }
    if (Long.compareUnsigned(pageOffset + Addresses.pages(length), pageOffset) < 0) {
      throw new MemoryException(Errno.EOVERFLOW);
    }
    if (MmLimits.tooManyAreas(mm, context.settings())) {
      throw new MemoryException(Errno.ENOMEM);
    }
    return length;
  }

  private static long requestedFlags(AddressSpace mm, int prot, int mapFlags) {
    return VmFlags.ofProt(prot)
        | VmFlags.ofMap(mapFlags)
        | mm.defaultFlags()
        | VmFlags.MAYREAD
        | VmFlags.MAYWRITE
        | VmFlags.MAYEXEC;
  }

  private static void requireFreeAndLockable(
      AddressSpace mm, long place, long length, int mapFlags, long vmFlags) {
    boolean noReplace = (mapFlags & MapFlags.FIXED_NOREPLACE) != 0;
    if (noReplace && mm.vmas().findIntersection(place, place + length) != null) {
      throw new MemoryException(Errno.EEXIST);
    }
    if ((mapFlags & MapFlags.LOCKED) != 0 && !MmLimits.canLock(mm)) {
      throw new MemoryException(Errno.EPERM);
    }
    if (!MmLimits.mayLock(mm, vmFlags, length)) {
      throw new MemoryException(Errno.EAGAIN);
    }
  }

  private static void requireWithinFile(long length, long pageOffset) {
    if (Long.compareUnsigned(pageOffset, (MAX_FILE_BYTES - length) >>> Addresses.PAGE_SHIFT) > 0) {
      throw new MemoryException(Errno.EOVERFLOW);
    }
  }

  /** The bits that the kind of a file mapping adds. */
  private static long fileFlags(MappedFile file, int prot, int mapFlags, long vmFlags) {
    int kind = mapFlags & MapFlags.TYPE;
    boolean shared = kind == MapFlags.SHARED || kind == MapFlags.SHARED_VALIDATE;
    if (!shared && kind != MapFlags.PRIVATE) {
      throw new MemoryException(Errno.EINVAL);
    }
    int known = file.isShmem() ? MapFlags.LEGACY : MapFlags.LEGACY | MapFlags.SYNC;
    if (kind == MapFlags.SHARED_VALIDATE && (mapFlags & ~known) != 0) {
      throw new MemoryException(Errno.EOPNOTSUPP);
    }
    boolean writes = shared && (prot & Prot.WRITE) != 0;
    if ((writes && !file.writable()) || !file.readable()) {
      throw new MemoryException(Errno.EACCES);
    }
    if (VmFlags.has(vmFlags, VmFlags.GROWSDOWN)) {
      throw new MemoryException(Errno.EINVAL);
    }
    return shared ? VmFlags.SHARED | VmFlags.MAYSHARE : 0;
  }

  /** A shared mapping of a file not open for writing can never be written: it is no real sharer. */
  private static long deniedByFile(MappedFile file, int mapFlags) {
    boolean shared = (mapFlags & MapFlags.TYPE) != MapFlags.PRIVATE;
    return shared && !file.writable() ? VmFlags.MAYWRITE | VmFlags.SHARED : 0;
  }

  /** The bits that the kind of an anonymous mapping adds. */
  private static long anonymousFlags(int mapFlags, long vmFlags) {
    long kindFlags =
        switch (mapFlags & MapFlags.TYPE) {
          case MapFlags.PRIVATE -> 0;
          case MapFlags.SHARED -> VmFlags.SHARED | VmFlags.MAYSHARE;
          case MapFlags.DROPPABLE -> DROPPABLE_FLAGS;
          default -> throw new MemoryException(Errno.EINVAL);
        };
    boolean lockedDroppable =
        kindFlags == DROPPABLE_FLAGS && (mapFlags & (MapFlags.LOCKED | MapFlags.HUGETLB)) != 0;
    boolean sharedStack = kindFlags != 0 && VmFlags.has(vmFlags, VmFlags.GROWSDOWN);
    if (lockedDroppable || sharedStack) {
      throw new MemoryException(Errno.EINVAL);
    }
    return kindFlags;
  }

  /** MAP_NORESERVE is a wish that strict overcommit does not grant. */
  private long unreservedFlag(int mapFlags) {
    boolean strict = context.settings().overcommit() == VmSettings.Overcommit.NEVER;
    return (mapFlags & MapFlags.NORESERVE) != 0 && !strict ? VmFlags.NORESERVE : 0;
  }

  private static long offsetOf(
      @Nullable MappedFile file, long place, long pageOffset, long vmFlags) {
    if (file != null) {
      return pageOffset;
    }
    return VmFlags.has(vmFlags, VmFlags.SHARED) ? 0 : Addresses.pages(place);
  }

  private static boolean wantsPages(int mapFlags, long vmFlags) {
    int populate = mapFlags & (MapFlags.POPULATE | MapFlags.NONBLOCK);
    return VmFlags.has(vmFlags, VmFlags.LOCKED) || populate == MapFlags.POPULATE;
  }

  private long roundHint(long address) {
    long hint = Addresses.pageFloor(address);
    long lowest = context.settings().lowestPlacement();
    boolean tooLow = hint != 0 && Long.compareUnsigned(hint, lowest) < 0;
    return tooLow ? Addresses.pageCeil(lowest) : hint;
  }
}
