package dev.elephantfolio.engine.fault;

import dev.elephantfolio.engine.Kernel;
import dev.elephantfolio.engine.MemoryException;
import dev.elephantfolio.engine.mm.AddressSpace;
import dev.elephantfolio.engine.mm.VmFlags;
import dev.elephantfolio.engine.mm.Vma;
import dev.elephantfolio.engine.mm.VmaLookup;
import dev.elephantfolio.engine.pagetable.PageTableCursor;
import dev.elephantfolio.engine.pagetable.PageTables;
import dev.elephantfolio.engine.pagetable.Pte;
import dev.elephantfolio.engine.stat.VmEvent;
import dev.elephantfolio.engine.thp.Khugepaged;
import dev.elephantfolio.engine.thp.Purpose;

/**
 * Resolves page faults: finds the VMA, names the kind of fault, and hands it to who resolves it.
 *
 * <p>First under the VMA's own lock; when that does not do (no anon_vma yet, a stack that must
 * grow, a writer about) under mmap_lock for read. Any thread may fault anywhere. Behaviour:
 * do_user_addr_fault and handle_mm_fault of 6.18.
 */
public final class FaultHandler {
  private static final int PMD_ORDER_BIT = 1 << 9;

  private final Kernel kernel;
  private final VmaLookup lookup;
  private final HugeFault hugeFault;
  private final AnonymousFault anonymousFault;
  private final FileFault fileFault;
  private final CopyOnWrite copyOnWrite;

  public FaultHandler(Kernel kernel, VmaLookup lookup, Khugepaged khugepaged) {
    this.kernel = kernel;
    this.lookup = lookup;
    AnonVmaPreparation preparation = new AnonVmaPreparation(kernel.anonVmas());
    this.hugeFault = new HugeFault(kernel, preparation, khugepaged);
    this.anonymousFault = new AnonymousFault(kernel, preparation);
    this.fileFault = new FileFault(kernel, preparation);
    this.copyOnWrite = new CopyOnWrite(kernel, preparation);
  }

  /**
   * Resolves the fault of an access by a process. On return the access should be tried again.
   *
   * @throws MemoryException SIGSEGV or SIGBUS for a bad access, ENOMEM when memory ran out
   */
  public void fault(AddressSpace mm, long address, Access access) {
    Vma vma = VmaLookup.lockWithoutMmapLock(mm, address);
    if (vma != null) {
      Outcome outcome = resolveAndUnlock(vma, address, access);
      if (outcome == Outcome.DONE) {
        return;
      }
      if (outcome == Outcome.SEGV) {
        throw new MemoryException(MemoryException.Signal.SIGSEGV);
      }
    }
    faultUnderMmapLock(mm, address, access);
  }

  private Outcome resolveAndUnlock(Vma vma, long address, Access access) {
    try {
      return resolve(vma, address, access, true);
    } finally {
      vma.readUnlock();
    }
  }

  private void faultUnderMmapLock(AddressSpace mm, long address, Access access) {
    Vma vma = lookup.lockMmAndFind(mm, address);
    if (vma == null) {
      throw new MemoryException(MemoryException.Signal.SIGSEGV);
    }
    Outcome outcome;
    try {
      outcome = resolve(vma, address, access, false);
    } finally {
      mm.mmapReadUnlock();
    }
    if (outcome == Outcome.SEGV) {
      throw new MemoryException(MemoryException.Signal.SIGSEGV);
    }
  }

  private Outcome resolve(Vma vma, long address, Access access, boolean underVmaLock) {
    if (!access.allowedBy(vma)) {
      return Outcome.SEGV;
    }
    return handle(new Fault(vma, address, cause(access.isWrite()), underVmaLock));
  }

  /**
   * Resolves a fault in {@code vma}, whose address space the caller holds mmap_lock of: what
   * populating a range does. The VMA's protection is the caller's to check.
   *
   * @throws MemoryException SIGSEGV on a guard page, ENOMEM when memory ran out
   */
  public void handleLocked(Vma vma, long address, boolean write) {
    handleLocked(vma, address, cause(write));
  }

  /**
   * As {@link #handleLocked}, for a page that is to be pinned for reading and may be shared with
   * others: it becomes this process's alone, by a copy if need be, but stays as writable as it was.
   * In an area without copy-on-write it is an ordinary fault for reading.
   *
   * @throws MemoryException as {@link #handleLocked}
   */
  public void unshareLocked(Vma vma, long address) {
    handleLocked(vma, address, isCopyOnWrite(vma) ? Fault.Cause.UNSHARE : Fault.Cause.READ);
  }

  private static Fault.Cause cause(boolean write) {
    return write ? Fault.Cause.WRITE : Fault.Cause.READ;
  }

  private void handleLocked(Vma vma, long address, Fault.Cause cause) {
    Outcome outcome = handle(new Fault(vma, address, cause, false));
    if (outcome == Outcome.SEGV) {
      throw new MemoryException(MemoryException.Signal.SIGSEGV);
    }
  }

  /** As Linux counts: every fault that was handled, whatever came of it, once. */
  private Outcome handle(Fault fault) {
    Outcome outcome = dispatch(fault);
    if (outcome != Outcome.RETRY) {
      kernel.events().count(VmEvent.PGFAULT);
    }
    return outcome;
  }

  private Outcome dispatch(Fault fault) {
    PageTables tables = fault.mm().tables();
    long pmd = tables.pmdEntry(fault.address());
    if (Pte.isNone(pmd)) {
      if (mayBeHuge(fault)) {
        Outcome outcome = hugeFault.anonymous(fault);
        if (outcome != Outcome.FALLBACK) {
          return outcome;
        }
      }
    } else if (!Pte.isTable(pmd)) {
      Outcome outcome = existingHuge(fault, pmd);
      if (outcome != Outcome.FALLBACK) {
        return outcome;
      }
    }
    return handleSmall(fault);
  }

  private boolean mayBeHuge(Fault fault) {
    Vma vma = fault.vma();
    return vma.isAnonymous()
        && (kernel.thpOrders().allowable(vma, vma.flags(), Purpose.PAGEFAULT) & PMD_ORDER_BIT) != 0;
  }

  private Outcome existingHuge(Fault fault, long pmd) {
    if (Pte.isMigration(pmd)) {
      kernel.folios().awaitUnlocked(kernel.memMap().head(Pte.pfn(pmd)));
      return Outcome.DONE;
    }
    if (fault.wantsOwnPage() && !Pte.isWritable(pmd)) {
      return hugeFault.copyOnWrite(fault, pmd);
    }
    if (fault.write()) {
      hugeFault.markWritten(fault, pmd);
    }
    return Outcome.DONE;
  }

  private Outcome handleSmall(Fault fault) {
    long entry = smallEntry(fault);
    if (Pte.isNone(entry)) {
      return fault.vma().file() == null ? anonymousFault.handle(fault) : fileFault.handle(fault);
    }
    if (Pte.isPresent(entry)) {
      return handlePresent(fault, entry);
    }
    return handleNonPresent(entry);
  }

  /** The PTE under the fault; none also where no table stands. */
  private static long smallEntry(Fault fault) {
    long entry = fault.mm().tables().load(fault.address());
    return Pte.isLeaf(entry) ? Pte.NONE : entry;
  }

  private Outcome handleNonPresent(long entry) {
    if (Pte.isMigration(entry)) {
      kernel.folios().awaitUnlocked(kernel.memMap().head(Pte.pfn(entry)));
      return Outcome.DONE;
    }
    if (Pte.isGuard(entry)) {
      return Outcome.SEGV;
    }
    throw new IllegalStateException("an entry of no known kind: " + Long.toHexString(entry));
  }

  private Outcome handlePresent(Fault fault, long entry) {
    PageTableCursor pte = fault.cursor();
    if (!pte.lockPte(fault.address())) {
      return Outcome.DONE;
    }
    if (!samePlace(pte.entry(), entry)) {
      pte.unlock();
      return Outcome.DONE;
    }
    if (fault.wantsOwnPage() && !Pte.isWritable(entry)) {
      return copyOnWrite.handle(fault, pte);
    }
    // A read leaves its mark when the processor tries again.
    if (fault.write()) {
      long _ = pte.update(0, Pte.YOUNG | Pte.DIRTY | Pte.SOFT_DIRTY);
    }
    pte.unlock();
    return Outcome.DONE;
  }

  /** Whether both are the same entry but for marks that the processor sets. */
  static boolean samePlace(long now, long then) {
    return ((now ^ then) & ~(Pte.YOUNG | Pte.DIRTY | Pte.SOFT_DIRTY)) == 0;
  }

  /** Whether the VMA lets a private write copy: not shared, and may be written. */
  static boolean isCopyOnWrite(Vma vma) {
    return (vma.flags() & (VmFlags.SHARED | VmFlags.MAYWRITE)) == VmFlags.MAYWRITE;
  }

  /** Bits of a new entry that a write may follow: writable when the VMA is. */
  static long writeBits(Vma vma) {
    return vma.has(VmFlags.WRITE) ? Pte.DIRTY | Pte.WRITABLE | Pte.SOFT_DIRTY : 0;
  }
}
