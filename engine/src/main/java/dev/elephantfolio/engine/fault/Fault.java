package dev.elephantfolio.engine.fault;

import dev.elephantfolio.engine.mm.AddressSpace;
import dev.elephantfolio.engine.mm.Vma;
import dev.elephantfolio.engine.pagetable.PageTableCursor;
import dev.elephantfolio.engine.pagetable.PageTables;

/**
 * One page fault under way. Its VMA is locked for read, by its own lock or by mmap_lock, so that it
 * can neither change nor go.
 *
 * @param address the byte address that was accessed
 * @param underVmaLock the VMA's own lock is held, not mmap_lock
 */
record Fault(Vma vma, long address, Cause cause, boolean underVmaLock) {
  /** What is to be possible afterwards. */
  enum Cause {
    READ,
    WRITE,
    /** A pin for reading: the page is to be this process's alone, but not writable for it. */
    UNSHARE
  }

  boolean write() {
    return cause == Cause.WRITE;
  }

  boolean unshare() {
    return cause == Cause.UNSHARE;
  }

  /** Whether a page that others have too will not do. */
  boolean wantsOwnPage() {
    return cause != Cause.READ;
  }

  AddressSpace mm() {
    return vma.mm();
  }

  long pageAddress() {
    return address & -PageTables.PAGE_SIZE;
  }

  long hugeAddress() {
    return address & PageTables.PMD_MASK;
  }

  PageTableCursor cursor() {
    return new PageTableCursor(mm().tables());
  }
}
