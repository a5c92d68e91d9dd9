package dev.elephantfolio.engine.mm;

import dev.elephantfolio.engine.Errno;
import dev.elephantfolio.engine.Kernel;
import dev.elephantfolio.engine.MemoryException;
import dev.elephantfolio.engine.pagetable.PageTableCursor;
import dev.elephantfolio.engine.pagetable.PageTables;
import dev.elephantfolio.engine.pagetable.Pte;
import dev.elephantfolio.engine.rmap.AnonVmas;

/**
 * Guard pages without areas of their own: markers in PTEs, on which any access is SIGSEGV.
 *
 * <pre>
 *                      | install              | remove | MADV_DONTNEED, FREE | munmap
 *  --------------------+----------------------+--------+---------------------+-------
 *  nothing there       | marker               |        |                     |
 *  marker              | stays                | gone   | stays               | gone
 *  page, of any size   | dropped, then marker | stays  |                     |
 * </pre>
 *
 * <p>Areas of every kind may have them except device memory and the like, and locked ones when
 * installing would drop pages. The caller holds mmap_lock for reading. Behaviour:
 * madvise_guard_install and _remove, mm/madvise.c of 6.18 with the MAYBE_GUARD mark of its stable
 * series.
 */
public final class GuardRegions {
  /** How often faults may get in between before everybody steps aside. */
  private static final int ATTEMPTS = 3;

  private final AnonVmas anonVmas;
  private final ZapRange zapRange;

  public GuardRegions(Kernel kernel, ZapRange zapRange) {
    this.anonVmas = kernel.anonVmas();
    this.zapRange = zapRange;
  }

  /**
   * Makes every page of the range, which lies within {@code vma}, a guard page.
   *
   * @return false when others kept faulting pages in: release mmap_lock and come again
   * @throws MemoryException EINVAL for a locked or special area, ENOMEM without memory for tables
   */
  public boolean install(Vma vma, long startAddress, long endAddress) {
    if (vma.has(VmFlags.SPECIAL | VmFlags.HUGETLB | VmFlags.LOCKED)) {
      throw new MemoryException(Errno.EINVAL);
    }
    vma.addFlags(VmFlags.MAYBE_GUARD);
    if (vma.isAnonymous()) {
      // So that fork copies the tables of this area.
      anonVmas.prepare(vma);
    }
    for (int attempt = 0; attempt < ATTEMPTS; attempt++) {
      if (tryInstall(vma, startAddress, endAddress)) {
        return true;
      }
      zapRange.clear(vma, startAddress, endAddress);
    }
    return false;
  }

  /** Puts markers until it meets a page; whether it met none. */
  private static boolean tryInstall(Vma vma, long start, long end) {
    PageTableCursor pte = new PageTableCursor(vma.mm().tables());
    long at = start;
    while (at < end) {
      long stepEnd = PmdSteps.stepEnd(at, end);
      if (!pte.ensurePteTable(at)) {
        return false;
      }
      if (pte.lockPte(at)) {
        boolean met = !markEmpty(pte, at, stepEnd);
        pte.unlock();
        if (met) {
          return false;
        }
        at = stepEnd;
      }
    }
    return true;
  }

  private static boolean markEmpty(PageTableCursor pte, long at, long stepEnd) {
    for (long address = at; address < stepEnd; address += Addresses.PAGE_SIZE) {
      pte.seek(address);
      if (Pte.isNone(pte.entry())) {
        pte.set(Pte.guard());
      } else if (!Pte.isGuard(pte.entry())) {
        return false;
      }
    }
    return true;
  }

  /**
   * Takes the markers of a range within {@code vma} away; what else is there stays.
   *
   * @throws MemoryException EINVAL for a special area
   */
  public void remove(Vma vma, long startAddress, long endAddress) {
    if (vma.has(VmFlags.SPECIAL | VmFlags.HUGETLB)) {
      throw new MemoryException(Errno.EINVAL);
    }
    PageTables tables = vma.mm().tables();
    PageTableCursor pte = new PageTableCursor(tables);
    long at = PmdSteps.populated(tables, startAddress, endAddress);
    while (at < endAddress) {
      long stepEnd = PmdSteps.stepEnd(at, endAddress);
      if (pte.lockPte(at)) {
        clearMarkers(pte, at, stepEnd);
        pte.unlock();
      }
      at = PmdSteps.populated(tables, stepEnd, endAddress);
    }
  }

  private static void clearMarkers(PageTableCursor pte, long at, long stepEnd) {
    for (long address = at; address < stepEnd; address += Addresses.PAGE_SIZE) {
      pte.seek(address);
      if (Pte.isGuard(pte.entry())) {
        pte.set(Pte.NONE);
      }
    }
  }
}
