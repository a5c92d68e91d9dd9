package dev.elephantfolio.engine.mm;

import dev.elephantfolio.engine.Errno;
import dev.elephantfolio.engine.Kernel;
import dev.elephantfolio.engine.MemoryException;
import dev.elephantfolio.engine.fault.FaultHandler;
import dev.elephantfolio.engine.folio.FolioAge;
import dev.elephantfolio.engine.folio.LruLists;
import dev.elephantfolio.engine.frame.FolioFlags;
import dev.elephantfolio.engine.frame.MemMap;
import dev.elephantfolio.engine.pagetable.PageTableCursor;
import dev.elephantfolio.engine.pagetable.PageTables;
import dev.elephantfolio.engine.pagetable.Pte;
import java.util.function.Supplier;
import org.jspecify.annotations.Nullable;

/**
 * Faults in whole ranges before anybody touches them: for mlock, MAP_POPULATE and
 * MADV_POPULATE_READ/WRITE.
 *
 * <p>A page that is there already, as the access needs it, only counts as used. Behaviour:
 * __mm_populate, populate_vma_page_range and faultin_page_range, mm/gup.c of 6.18.
 */
public final class Populate {
  private final MemMap memMap;
  private final LruLists lru;
  private final FolioAge age;
  private final Supplier<FaultHandler> faults;

  /**
   * @param faults what resolves faults; asked for at the first call, as it is made later than this
   */
  public Populate(Kernel kernel, Supplier<FaultHandler> faults) {
    this.memMap = kernel.memMap();
    this.lru = kernel.folios().lru();
    this.age = new FolioAge(memMap, lru, kernel.events());
    this.faults = faults;
  }

  /**
   * Faults in {@code [startAddress, startAddress + lengthBytes)} area by area, skipping where
   * nothing is mapped. Takes mmap_lock for reading.
   *
   * @throws MemoryException unless {@code ignoreErrors}: EFAULT for an area that allows no access
   *     or a guard page, ENOMEM when memory ran out; what lies below is populated then
   */
  public void populate(AddressSpace mm, long startAddress, long lengthBytes, boolean ignoreErrors) {
    long end = startAddress + lengthBytes;
    if (lengthBytes == 0) {
      return;
    }
    mm.mmapReadLock();
    try {
      Vma vma = mm.vmas().findIntersection(startAddress, end);
      while (vma != null) {
        long from = Math.max(startAddress, vma.start());
        populateArea(vma, from, Math.min(end, vma.end()), ignoreErrors);
        vma = mm.vmas().findIntersection(vma.end(), end);
      }
    } finally {
      mm.mmapReadUnlock();
    }
  }

  private void populateArea(Vma vma, long from, long to, boolean ignoreErrors) {
    if (vma.has(VmFlags.IO | VmFlags.PFNMAP)) {
      return;
    }
    try {
      populate(vma, from, to);
    } catch (MemoryException failed) {
      if (!ignoreErrors) {
        throw failed;
      }
    }
  }

  /**
   * Faults in a range of one area as its flags ask: writing where it is private and writable, so
   * that copies are made now, else reading, whether or not the area may be read. An area locked on
   * fault is left alone. Called with mmap_lock held.
   *
   * @throws MemoryException EFAULT for an area that allows no access, device memory or a guard
   *     page; ENOMEM when memory ran out
   */
  public void populate(Vma vma, long startAddress, long endAddress) {
    if (vma.has(VmFlags.LOCKONFAULT)) {
      return;
    }
    if (!vma.has(VmFlags.ACCESS) || vma.has(VmFlags.IO | VmFlags.PFNMAP)) {
      throw new MemoryException(Errno.EFAULT);
    }
    boolean write = vma.has(VmFlags.WRITE) && !vma.has(VmFlags.SHARED);
    try {
      faultIn(vma, startAddress, endAddress, write);
    } finally {
      lru.drainLocal();
    }
  }

  /**
   * Faults in a range for reading or writing, as MADV_POPULATE_READ and _WRITE do. Called with
   * mmap_lock held for reading.
   *
   * @throws MemoryException ENOMEM where nothing is mapped or memory ran out; EINVAL for an area
   *     that does not allow the access, or device memory; EFAULT for a guard page; what lies below
   *     is populated then
   */
  public void prefault(AddressSpace mm, long startAddress, long endAddress, boolean write) {
    try {
      long at = startAddress;
      while (at < endAddress) {
        Vma vma = requireAccess(mm.vmas().at(at), write);
        long to = Math.min(endAddress, vma.end());
        faultIn(vma, at, to, write);
        at = to;
      }
    } finally {
      lru.drainLocal();
    }
  }

  private static Vma requireAccess(@Nullable Vma vma, boolean write) {
    if (vma == null) {
      throw new MemoryException(Errno.ENOMEM);
    }
    boolean allowed = vma.has(write ? VmFlags.WRITE : VmFlags.READ);
    if (!allowed || vma.has(VmFlags.IO | VmFlags.PFNMAP)) {
      throw new MemoryException(Errno.EINVAL);
    }
    return vma;
  }

  private void faultIn(Vma vma, long start, long end, boolean write) {
    PageTables tables = vma.mm().tables();
    long at = start;
    while (at < end) {
      long stepEnd = PmdSteps.stepEnd(at, end);
      at = usePresent(tables, at, stepEnd, write);
      if (at < stepEnd) {
        fault(vma, at, write);
      }
    }
  }

  /** What would be a signal to the process is an errno here: nobody touched anything. */
  private void fault(Vma vma, long at, boolean write) {
    try {
      faults.get().handleLocked(vma, at, write);
    } catch (MemoryException failed) {
      throw failed.signal().isPresent() ? new MemoryException(Errno.EFAULT) : failed;
    }
  }

  /** Goes past the pages that are there; gives the first address that needs a fault. */
  private long usePresent(PageTables tables, long at, long stepEnd, boolean write) {
    long pmd = tables.pmdEntry(at);
    while (Pte.isLeaf(pmd)) {
      if (!Pte.allows(pmd, write)) {
        return at;
      }
      // Read like this, x86 leaves the entry as old as it was.
      if (!write || tables.markAccessed(at, pmd, true)) {
        return stepEnd;
      }
      pmd = tables.pmdEntry(at);
    }
    return useSmall(tables, at, stepEnd, write);
  }

  private long useSmall(PageTables tables, long at, long stepEnd, boolean write) {
    PageTableCursor pte = new PageTableCursor(tables);
    if (!pte.lockPte(at)) {
      return at;
    }
    long address = at;
    while (address < stepEnd) {
      pte.seek(address);
      if (!Pte.allows(pte.entry(), write)) {
        break;
      }
      use(pte.entry(), write);
      address += Addresses.PAGE_SIZE;
    }
    pte.unlock();
    return address;
  }

  /** The kernel's own use of a page: the folio is young, and dirty when it will be written. */
  private void use(long entry, boolean write) {
    if (Pte.isSpecial(entry)) {
      return;
    }
    int head = memMap.head(Pte.pfn(entry));
    if (write && !Pte.isDirty(entry) && !memMap.testFlag(head, FolioFlags.DIRTY)) {
      memMap.setFlag(head, FolioFlags.DIRTY);
    }
    age.markAccessed(head);
  }
}
