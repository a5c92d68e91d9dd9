package dev.elephantfolio.engine.mm;

import dev.elephantfolio.engine.Kernel;
import dev.elephantfolio.engine.MemoryException;
import dev.elephantfolio.engine.notifier.InvalidateRange;
import dev.elephantfolio.engine.sync.Mutation;
import dev.elephantfolio.engine.thp.Khugepaged;
import dev.elephantfolio.engine.tlb.TranslationGate;

/**
 * The memory side of fork(2), as 6.18 does it: an address space with a copy of every area that is
 * to be copied, whose private pages are shared until either side writes.
 *
 * <p>Any thread may call it at any time; other threads of the parent may go on to access memory,
 * and wait where they fault.
 */
public final class ForkCall {
  private final MmContext context;
  private final AddressSpaces addressSpaces;
  private final CopyPageTables pageTables;
  private final TranslationGate translations;
  private final boolean flushes;
  private final Khugepaged khugepaged;
  private final VmaModify modify;
  private final ExitCall exit;

  public ForkCall(
      MmContext context, Kernel kernel, AddressSpaces addressSpaces, Khugepaged khugepaged) {
    this.context = context;
    this.addressSpaces = addressSpaces;
    this.pageTables = new CopyPageTables(kernel);
    this.translations = kernel.translations();
    this.flushes = !kernel.mutations().has(Mutation.NO_FLUSH_AT_FORK);
    this.khugepaged = khugepaged;
    this.modify = new VmaModify(context);
    this.exit = new ExitCall(context, kernel, khugepaged);
  }

  /**
   * The address space of a child of {@code parent}, with one user. Areas marked DONTCOPY are left
   * out, those marked WIPEONFORK are empty, nothing is locked.
   *
   * @throws MemoryException ENOMEM for memory or the commit limit; there is no child then, and the
   *     parent's pages may need a fault before they are written again
   */
  public AddressSpace fork(AddressSpace parent) {
    AddressSpace child = addressSpaces.create(parent.limits(), parent.capabilities());
    try {
      copy(parent, child);
    } catch (MemoryException refused) {
      exit.exit(child);
      throw refused;
    }
    return child;
  }

  private void copy(AddressSpace parent, AddressSpace child) {
    parent.mmapWriteLock();
    try {
      child.mmapWriteLockNested();
      try {
        child.inheritFrom(parent);
        copyAreas(parent, child);
      } finally {
        child.mmapWriteUnlock();
        // Nobody writes through what is write-protected by now, before the child can look.
        if (flushes) {
          translations.flush();
        }
        parent.notifiers().invalidateSecondaryTlbs(0, InvalidateRange.NO_END);
      }
    } finally {
      parent.mmapWriteUnlock();
    }
    khugepaged.fork(child, parent);
  }

  private void copyAreas(AddressSpace parent, AddressSpace child) {
    for (Vma vma : parent.vmas().toArray()) {
      vma.writeLock();
      if (!vma.has(VmFlags.DONTCOPY)) {
        copyArea(vma, child);
      }
    }
    child.updateHiwaterRss();
    child.updateHiwaterVm();
  }

  private void copyArea(Vma vma, AddressSpace child) {
    if (vma.has(VmFlags.ACCOUNT)) {
      context.committed().charge(vma.mm(), vma.pages());
    }
    Vma copy = VmaModify.copyInto(child, vma);
    copy.initialFlags(vma.flags() & ~VmFlags.LOCKED_MASK);
    boolean wiped = vma.has(VmFlags.WIPEONFORK);
    if (!wiped) {
      context.anonVmas().fork(copy, vma);
    }
    modify.link(copy);
    child.accountPages(copy.flags(), copy.pages());
    if (!wiped) {
      pageTables.copy(copy, vma);
    }
  }
}
