package dev.elephantfolio.engine.mm;

import dev.elephantfolio.engine.Errno;
import dev.elephantfolio.engine.MemoryException;
import dev.elephantfolio.engine.pagecache.MappedFile;
import org.jspecify.annotations.Nullable;

/**
 * Puts a mapping at a chosen place: what was there goes, limits and the commit charge are checked,
 * and the new range merges with its neighbours or becomes an area. mmap_lock held for writing.
 *
 * <p>Behaviour: mm/vma.c of 6.18.
 */
final class MapRegion {
  private final MmContext context;
  private final VmaModify modify;
  private final VmaUnmap unmap;

  MapRegion(MmContext context) {
    this.context = context;
    this.modify = new VmaModify(context);
    this.unmap = new VmaUnmap(context);
  }

  /**
   * Maps {@code [address, address + lengthBytes)}, both multiples of the page size.
   *
   * @param flags complete {@link VmFlags}, but for ACCOUNT
   * @param pageOffset in the file; for private anonymous memory the vpn of {@code address}
   * @throws MemoryException ENOMEM for a limit or the commit charge, and as {@link
   *     VmaUnmap#gather}: the old mappings then stand, though perhaps split; EOPNOTSUPP for
   *     MAP_SYNC of a file: they are gone
   */
  void map(
      AddressSpace mm,
      @Nullable MappedFile file,
      long address,
      long lengthBytes,
      long flags,
      long pageOffset) {
    long end = address + lengthBytes;
    long pages = Addresses.pages(lengthBytes);
    VmaUnmap.Gathered old = unmap.gather(mm, address, end);
    MmLimits.requireExpand(mm, flags, pages - old.pages());
    long accountedFlags = charge(mm, flags, pages, old);
    old.clearPages();
    if (file != null && VmFlags.has(flags, VmFlags.SYNC)) {
      abandon(old, accountedFlags, pages);
    }
    long finalFlags = withKsm(mm, accountedFlags, file);
    MergeRequest request =
        MergeRequest.ofNew(
            mm, address, end, pageOffset, finalFlags, file, old.previous(), old.next());
    Vma merged = modify.mergeNew(request);
    Vma vma = merged != null ? merged : newArea(mm, file, address, end, finalFlags, pageOffset);
    unmap.complete(old);
    finish(vma, pages);
  }

  /** Charges private writable memory; the charge of what is replaced is taken over. */
  private long charge(AddressSpace mm, long flags, long pages, VmaUnmap.Gathered old) {
    boolean accountable =
        VmFlags.has(flags, VmFlags.WRITE)
            && !VmFlags.has(flags, VmFlags.NORESERVE | VmFlags.SHARED);
    if (!accountable) {
      return flags;
    }
    long more = pages - old.accountedPages();
    if (more != 0) {
      context.committed().charge(mm, more);
    }
    old.keepCharge();
    return flags | VmFlags.ACCOUNT;
  }

  /**
   * No file here is memory that can be mapped synchronously. It is the file that says so, and by
   * then what stood at the place is gone: a hole is left.
   */
  private void abandon(VmaUnmap.Gathered old, long accountedFlags, long pages) {
    if (VmFlags.has(accountedFlags, VmFlags.ACCOUNT)) {
      context.committed().uncharge(pages);
    }
    unmap.completeAsHole(old);
    throw new MemoryException(Errno.EOPNOTSUPP);
  }

  private Vma newArea(
      AddressSpace mm,
      @Nullable MappedFile file,
      long address,
      long end,
      long flags,
      long pageOffset) {
    boolean needsFile = file == null && VmFlags.has(flags, VmFlags.SHARED);
    MappedFile backing = needsFile ? MappedFile.sharedAnonymous(end - address) : file;
    Vma vma = new Vma(mm, address, end, pageOffset, flags, backing);
    modify.link(vma);
    // Anonymous areas are announced by their first huge fault instead.
    if (backing != null) {
      context.ranges().khugepagedEnter(vma, flags);
    }
    return vma;
  }

  private void finish(Vma vma, long pages) {
    AddressSpace mm = vma.mm();
    mm.accountPages(vma.flags(), pages);
    if (vma.has(VmFlags.LOCKED)) {
      if (MlockCalls.isLockable(vma)) {
        mm.addLocked(pages);
      } else {
        vma.resetFlags(vma.flags() & ~VmFlags.LOCKED_MASK);
      }
    }
    // What is mapped anew counts as changed, also where it joined an older area.
    vma.resetFlags(vma.flags() | context.settings().softDirtyFlag());
  }

  /** PR_SET_MEMORY_MERGE: areas that ksm can use are marked from the start. */
  static long withKsm(AddressSpace mm, long flags, @Nullable MappedFile file) {
    long excluded =
        VmFlags.SHARED | VmFlags.MAYSHARE | VmFlags.SPECIAL | VmFlags.HUGETLB | VmFlags.DROPPABLE;
    boolean eligible = file == null && !VmFlags.has(flags, excluded);
    return eligible && mm.hasFlag(MmFlags.MERGE_ANY) ? flags | VmFlags.MERGEABLE : flags;
  }
}
