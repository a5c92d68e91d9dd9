package dev.elephantfolio.engine.secondary;

import dev.elephantfolio.engine.Errno;
import dev.elephantfolio.engine.Kernel;
import dev.elephantfolio.engine.Machine;
import dev.elephantfolio.engine.MemoryException;
import dev.elephantfolio.engine.fault.Access;
import dev.elephantfolio.engine.fault.FaultCount;
import dev.elephantfolio.engine.fault.FaultHandler;
import dev.elephantfolio.engine.gup.Gup;
import dev.elephantfolio.engine.gup.GupFlags;
import dev.elephantfolio.engine.gup.PinnedPages;
import dev.elephantfolio.engine.mm.AddressSpace;
import dev.elephantfolio.engine.mm.Vma;
import dev.elephantfolio.engine.pagetable.PageTables;
import dev.elephantfolio.engine.pagetable.Pte;

/**
 * Finds the page behind an address of a process for who is told when that changes, and faults it in
 * where needed.
 *
 * <p>What it gives held at some moment during the call; whether it still does the caller finds out
 * by the sequence of its subscription.
 */
final class PrimaryLookup {
  private static final long MARKS = Pte.YOUNG | Pte.DIRTY | Pte.SOFT_DIRTY;

  private final AddressSpace mm;
  private final Kernel kernel;
  private final FaultHandler faults;
  private final Gup gup;
  private final FaultCount faultCount;

  PrimaryLookup(Machine machine, AddressSpace mm) {
    this.mm = mm;
    this.kernel = machine.kernel();
    this.faultCount = new FaultCount(kernel.cpus());
    this.faults = machine.faults();
    this.gup = machine.gup();
  }

  /** Faults of the process that were resolved on the way. */
  long faults() {
    return faultCount.get();
  }

  /**
   * Finds the page and takes a reference. Writable, when only reading is asked for, if that costs
   * no fault: then the first write needs none either.
   *
   * <p>Behaviour: hva_to_pfn, virt/kvm/kvm_main.c of 6.18.
   *
   * @throws MemoryException EFAULT where the process has no memory that allows the access, ENOMEM
   */
  GuestPage get(long address, boolean write) {
    PinnedPages writable = get(address, GupFlags.WRITE | GupFlags.FAST_ONLY);
    if (writable.count() != 0) {
      return page(writable, true);
    }
    int flags = write ? GupFlags.WRITE : 0;
    long start = address & -PageTables.PAGE_SIZE;
    return page(gup.getSlow(mm, start, PageTables.PAGE_SIZE, flags, faultCount), write);
  }

  private PinnedPages get(long address, int flags) {
    return gup.get(mm, address & -PageTables.PAGE_SIZE, PageTables.PAGE_SIZE, flags, faultCount);
  }

  private GuestPage page(PinnedPages held, boolean writable) {
    int pfn = held.pfn(0);
    long bits = writable ? Pte.WRITABLE : 0;
    return new GuestPage(held, Pte.present(pfn, bits | (isZero(pfn) ? Pte.SPECIAL : 0)));
  }

  private boolean isZero(int pfn) {
    int hugeZero = kernel.hugeZero().pfn();
    return pfn == kernel.zeroPfn() || (hugeZero != 0 && kernel.memMap().head(pfn) == hugeZero);
  }

  /**
   * Finds the page and takes no reference: the frame may be another's by the time this returns.
   * Gives the entry that would map it, as {@link GuestPage} has it.
   *
   * <p>Behaviour: hmm_range_fault, mm/hmm.c of 6.18.
   *
   * @throws MemoryException as {@link #get}
   */
  long find(long address, boolean write) {
    while (true) {
      long entry = mm.tables().load(address);
      if (Pte.allows(entry, write)) {
        return pageOf(entry, address);
      }
      faultIn(address, write);
    }
  }

  /** As get_user_pages does: under mmap_lock, and never growing a stack. */
  private void faultIn(long address, boolean write) {
    mm.mmapReadLock();
    try {
      Vma vma = mm.vmas().at(address);
      Access access = write ? Access.WRITE : Access.READ;
      if (vma == null || !access.allowedBy(vma)) {
        throw new MemoryException(Errno.EFAULT);
      }
      faults.handleLocked(vma, address, write);
      faultCount.increment();
    } catch (MemoryException refused) {
      throw new MemoryException(refused.errno());
    } finally {
      mm.mmapReadUnlock();
    }
  }

  /** What {@link #find} would give without a fault; none where it would need one. */
  long peek(long address) {
    long entry = mm.tables().load(address);
    return Pte.allows(entry, false) ? pageOf(entry, address) : Pte.NONE;
  }

  /** Whether the process maps the block around {@code address} by one huge entry. */
  boolean isHuge(long address) {
    long pmd = mm.tables().pmdEntry(address);
    return Pte.isPresent(pmd) && Pte.isLeaf(pmd);
  }

  /** The entry that would map the one page at {@code address}, from one that does. */
  static long pageOf(long entry, long address) {
    long kept = entry & ~(MARKS | Pte.LEAF);
    int index = (int) (address >>> PageTables.PAGE_SHIFT) & 511;
    return Pte.isLeaf(entry) ? Pte.advance(kept, index) : kept;
  }
}
