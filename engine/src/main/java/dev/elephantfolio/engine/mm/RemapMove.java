package dev.elephantfolio.engine.mm;

import dev.elephantfolio.engine.Errno;
import dev.elephantfolio.engine.Kernel;
import dev.elephantfolio.engine.MemoryException;

/**
 * Moves one area, or a part of one, to another address: a copy of the area, the page-table entries,
 * then the old place goes. mmap_lock held for writing.
 *
 * <p>Behaviour: move_vma, mm/mremap.c of 6.18.
 */
final class RemapMove {
  private final MmContext context;
  private final RemapChecks checks;
  private final VmaModify modify;
  private final VmaUnmap unmap;
  private final MovePageTables pageTables;

  RemapMove(MmContext context, Kernel kernel, RemapChecks checks) {
    this.context = context;
    this.checks = checks;
    this.modify = new VmaModify(context);
    this.unmap = new VmaUnmap(context);
    this.pageTables = new MovePageTables(kernel);
  }

  /**
   * Moves what {@code remap} names to its new address, where nothing is mapped.
   *
   * @throws MemoryException ENOMEM near {@code vm/max_map_count}, for the commit limit, or when
   *     there is no memory for page tables; all is as before then
   */
  void move(Remap remap) {
    checks.requireSpareAreas(remap.mm);
    Vma source = remap.vma();
    long charged = charge(remap, source);
    source.writeLock();
    VmaModify.CopiedVma copied =
        modify.copy(source, remap.newAddress, remap.newLength, source.pageOffset(remap.oldAddress));
    remap.use(copied.source());
    if (moveEntries(remap, copied)) {
      finish(remap, copied);
    } else {
      undo(remap, copied.copy(), charged);
      throw new MemoryException(Errno.ENOMEM);
    }
  }

  /**
   * Charges what is added: all of the copy when the source stays. As in 6.18, a move that also
   * shrank charges what was cut off as if it were added, and that is never given back.
   *
   * @return pages charged
   */
  private long charge(Remap remap, Vma source) {
    if (!source.has(VmFlags.ACCOUNT)) {
      return 0;
    }
    long pages = Addresses.pages(remap.keepsSource() ? remap.newLength : remap.delta);
    context.committed().charge(remap.mm, pages);
    return pages;
  }

  private boolean moveEntries(Remap remap, VmaModify.CopiedVma copied) {
    Vma source = copied.source();
    Vma copy = copied.copy();
    long from = remap.oldAddress;
    long to = remap.newAddress;
    boolean needsLocks = copied.needsRmapLocks();
    long moved = pageTables.move(source, copy, from, to, remap.oldLength, needsLocks);
    if (moved >= remap.oldLength) {
      return true;
    }
    // The tables of the old place are all still there, so this needs no memory.
    long _ = pageTables.move(copy, source, to, from, moved, true);
    return false;
  }

  private void finish(Remap remap, VmaModify.CopiedVma copied) {
    long flags = copied.source().flags();
    long pages = Addresses.pages(remap.newLength);
    if (remap.keepsSource()) {
      emptySource(remap, copied.source());
    } else {
      unmapSource(remap, copied.source());
    }
    remap.mm.accountPages(flags, pages);
    if (VmFlags.has(flags, VmFlags.LOCKED)) {
      remap.mm.addLocked(pages);
    }
  }

  /**
   * The source stays, without its pages, and is locked no longer: all of it, even where only a part
   * was moved, and what was counted as locked stays so, as in 6.18.
   */
  private void emptySource(Remap remap, Vma source) {
    modify.resetFlags(source, source.flags() & ~VmFlags.LOCKED_MASK);
    boolean whole =
        remap.oldAddress == source.start() && remap.oldAddress + remap.oldLength == source.end();
    if (whole && source.anonVma() != null) {
      context.anonVmas().unlink(source);
    }
  }

  /** Unmaps the old place; its commit charge has gone to the new one. */
  private void unmapSource(Remap remap, Vma source) {
    if (remap.oldLength == 0) {
      return;
    }
    long start = source.start();
    long end = source.end();
    boolean accounted = source.has(VmFlags.ACCOUNT);
    if (accounted) {
      modify.resetFlags(source, source.flags() & ~VmFlags.ACCOUNT);
    }
    unmap.unmap(remap.mm, remap.oldAddress, remap.oldAddress + remap.oldLength);
    if (accounted) {
      accountRest(remap, start, end);
    }
  }

  /** What is left of the source on either side is still charged. */
  private void accountRest(Remap remap, long start, long end) {
    VmaTree tree = remap.mm.vmas();
    long oldEnd = remap.oldAddress + remap.oldLength;
    Vma below = start < remap.oldAddress ? tree.at(start) : null;
    Vma above = end > oldEnd ? tree.at(oldEnd) : null;
    if (below != null) {
      modify.resetFlags(below, below.flags() | VmFlags.ACCOUNT);
    }
    if (above != null) {
      modify.resetFlags(above, above.flags() | VmFlags.ACCOUNT);
    }
  }

  /** No memory for page tables: the entries are back, the copy goes. */
  private void undo(Remap remap, Vma copy, long charged) {
    long flags = copy.flags();
    long pages = Addresses.pages(remap.newLength);
    if (VmFlags.has(flags, VmFlags.ACCOUNT)) {
      // Unmapping gives back the charge of the whole copy, of which only this part was made.
      context.committed().uncharge(charged - pages);
    }
    unmap.unmap(remap.mm, remap.newAddress, remap.newAddress + remap.newLength);
    remap.mm.accountPages(flags, pages);
    if (VmFlags.has(flags, VmFlags.LOCKED)) {
      remap.mm.addLocked(pages);
    }
  }
}
