package dev.elephantfolio.engine.mm;

import dev.elephantfolio.engine.MemoryException;
import org.jspecify.annotations.Nullable;

/**
 * Finds and locks the area that a fault needs.
 *
 * <p>First without mmap_lock: look the address up in the present version of the tree, lock that
 * area, make sure it still holds the address. Whoever fails takes mmap_lock for reading, where a
 * stack may also grow.
 */
public final class VmaLookup {
  private final StackGrowth stackGrowth;

  public VmaLookup(MmContext context) {
    this.stackGrowth = new StackGrowth(context);
  }

  /**
   * The area at {@code address}, locked for reading ({@link Vma#readUnlock} when done); null when
   * there is none or somebody is changing it: then ask {@link #lockMmAndFind}.
   */
  public static @Nullable Vma lockWithoutMmapLock(AddressSpace mm, long address) {
    while (true) {
      Vma vma = mm.vmas().at(address);
      if (vma == null) {
        return null;
      }
      if (vma.tryReadLock()) {
        if (vma.contains(address)) {
          return vma;
        }
        vma.readUnlock();
        return null;
      }
      if (!vma.isDetached()) {
        return null;
      }
      // Another area took its place after the tree was read: a newer version says which.
      if (mm.vmas().at(address) == vma) {
        return null;
      }
    }
  }

  /**
   * The area at {@code address}, with mmap_lock held for reading; a stack above that may reach it
   * is grown. Null, with no lock held, when the access has no right to be: SIGSEGV.
   */
  public @Nullable Vma lockMmAndFind(AddressSpace mm, long address) {
    mm.mmapReadLock();
    Vma vma = mm.vmas().find(address);
    if (vma != null && vma.start() <= address) {
      return vma;
    }
    mm.mmapReadUnlock();
    if (vma == null || !vma.has(VmFlags.GROWSDOWN)) {
      return null;
    }
    return growAndFind(mm, address);
  }

  private @Nullable Vma growAndFind(AddressSpace mm, long address) {
    mm.mmapWriteLock();
    Vma vma = mm.vmas().find(address);
    if (vma == null || !reach(vma, address)) {
      mm.mmapWriteUnlock();
      return null;
    }
    mm.mmapWriteDowngrade();
    return vma;
  }

  private boolean reach(Vma vma, long address) {
    if (vma.start() <= address) {
      return true;
    }
    try {
      stackGrowth.expandDownwards(vma, address);
      return true;
    } catch (MemoryException refused) {
      return false;
    }
  }
}
