package dev.elephantfolio.engine.mm;

import dev.elephantfolio.engine.Errno;
import dev.elephantfolio.engine.MemoryException;
import org.jspecify.annotations.Nullable;

/**
 * brk(2), as 6.18 does it: moves the end of the heap, and on any refusal leaves it where it is. Any
 * thread may call it at any time.
 */
public final class BrkCall {
  private final MmContext context;
  private final UnmappedArea unmappedArea;
  private final VmaModify modify;
  private final VmaUnmap unmap;

  public BrkCall(MmContext context) {
    this.context = context;
    this.unmappedArea = new UnmappedArea(context.settings());
    this.modify = new VmaModify(context);
    this.unmap = new VmaUnmap(context);
  }

  /**
   * Moves the end of the heap to the byte address {@code wanted}.
   *
   * @return the end of the heap now: {@code wanted}, or where it was
   */
  public long brk(AddressSpace mm, long wanted) {
    long oldEnd;
    mm.mmapWriteLock();
    boolean held = true;
    try {
      long old = mm.brk();
      oldEnd = Addresses.pageCeil(old);
      if (isOutOfLimits(mm, wanted)) {
        return old;
      }
      if (Long.compareUnsigned(wanted, old) <= 0) {
        held = shrink(mm, wanted, oldEnd);
        return held ? mm.brk() : wanted;
      }
      if (!grow(mm, wanted, oldEnd)) {
        return old;
      }
    } finally {
      if (held) {
        mm.mmapWriteUnlock();
      }
    }
    populateLocked(mm, oldEnd, Addresses.pageCeil(wanted));
    return wanted;
  }

  private void populateLocked(AddressSpace mm, long oldEnd, long newEnd) {
    if (newEnd > oldEnd && VmFlags.has(mm.defaultFlags(), VmFlags.LOCKED)) {
      context.ranges().populate(mm, oldEnd, newEnd - oldEnd, true);
    }
  }

  private static boolean isOutOfLimits(AddressSpace mm, long wanted) {
    AddressLayout layout = mm.layout();
    if (Long.compareUnsigned(wanted, layout.startBrk()) < 0) {
      return true;
    }
    long limit = mm.limits().dataBytes();
    long data = layout.endData() - layout.startData();
    return limit != Limits.UNLIMITED
        && Long.compareUnsigned(wanted - layout.startBrk() + data, limit) > 0;
  }

  /** Whether mmap_lock is still held afterwards. */
  private boolean shrink(AddressSpace mm, long wanted, long oldEnd) {
    long newEnd = Addresses.pageCeil(wanted);
    if (newEnd == oldEnd) {
      mm.moveBrk(wanted);
      return true;
    }
    if (mm.vmas().findIntersection(newEnd, oldEnd) == null) {
      return true;
    }
    long old = mm.brk();
    mm.moveBrk(wanted);
    try {
      unmap.unmapAndUnlock(mm, newEnd, oldEnd);
      return false;
    } catch (MemoryException refused) {
      mm.moveBrk(old);
      return true;
    }
  }

  private boolean grow(AddressSpace mm, long wanted, long oldEnd) {
    long newEnd = Addresses.pageCeil(wanted);
    if (newEnd != oldEnd) {
      if (!hasRoom(mm, oldEnd, newEnd)) {
        return false;
      }
      try {
        extendHeap(mm, oldEnd, newEnd - oldEnd);
      } catch (MemoryException refused) {
        return false;
      }
    }
    mm.moveBrk(wanted);
    return true;
  }

  private boolean hasRoom(AddressSpace mm, long oldEnd, long newEnd) {
    try {
      unmappedArea.find(mm, null, oldEnd, newEnd - oldEnd, 0, MapFlags.FIXED);
    } catch (MemoryException refused) {
      return false;
    }
    if (!MmLimits.mayLock(mm, mm.defaultFlags(), newEnd - oldEnd)) {
      return false;
    }
    long gapped = newEnd + Addresses.PAGE_SIZE;
    Vma next = mm.vmas().findIntersection(oldEnd, gapped + mm.stackGuardGapBytes());
    return next == null || gapped <= next.startWithGap();
  }

  private void extendHeap(AddressSpace mm, long address, long lengthBytes) {
    long pages = Addresses.pages(lengthBytes);
    long flags =
        MapRegion.withKsm(mm, VmFlags.DATA_DEFAULT | VmFlags.ACCOUNT | mm.defaultFlags(), null);
    MmLimits.requireExpand(mm, flags, pages);
    if (MmLimits.tooManyAreas(mm, context.settings())) {
      throw new MemoryException(Errno.ENOMEM);
    }
    context.committed().charge(mm, pages);
    Vma vma = mergeIntoHeap(mm, address, lengthBytes, flags);
    if (vma == null) {
      vma = new Vma(mm, address, address + lengthBytes, Addresses.pages(address), flags, null);
      modify.link(vma);
    }
    mm.accountPages(VmFlags.DATA_DEFAULT, pages);
    if (VmFlags.has(flags, VmFlags.LOCKED)) {
      mm.addLocked(pages);
    }
    vma.resetFlags(vma.flags() | context.settings().softDirtyFlag());
  }

  private @Nullable Vma mergeIntoHeap(AddressSpace mm, long address, long lengthBytes, long flags) {
    Vma heap = heapBelow(mm, address);
    if (heap == null || heap.end() != address) {
      return null;
    }
    MergeRequest request =
        MergeRequest.ofNew(
            mm, address, address + lengthBytes, Addresses.pages(address), flags, null, heap, null);
    request.justExpand = true;
    return modify.mergeNew(request);
  }

  /** The area below, unless it ends at or below the start of the heap. */
  private static @Nullable Vma heapBelow(AddressSpace mm, long address) {
    Vma below = mm.vmas().before(address);
    return below != null && below.end() > mm.layout().startBrk() ? below : null;
  }
}
