package dev.elephantfolio.engine.mm;

import dev.elephantfolio.engine.Errno;
import dev.elephantfolio.engine.MemoryException;
import dev.elephantfolio.engine.rmap.AnonVma;

/**
 * Lets a stack grow down to an address that was touched below it. mmap_lock held for writing.
 *
 * <p>Behaviour: mm/vma.c of 6.18.
 */
public final class StackGrowth {
  private final MmContext context;

  public StackGrowth(MmContext context) {
    this.context = context;
  }

  /**
   * Extends {@code stack} to the page of {@code address}, below its start.
   *
   * @throws MemoryException EFAULT when it is no stack; EPERM below the lowest address; ENOMEM when
   *     the area below is nearer than the guard gap, or for RLIMIT_STACK, RLIMIT_AS,
   *     RLIMIT_MEMLOCK, the commit limit
   */
  public void expandDownwards(Vma stack, long address) {
    if (!stack.has(VmFlags.GROWSDOWN)) {
      throw new MemoryException(Errno.EFAULT);
    }
    long newStart = Addresses.pageFloor(address);
    if (newStart < context.settings().lowestPlacement()) {
      throw new MemoryException(Errno.EPERM);
    }
    requireGap(stack, newStart);
    context.anonVmas().prepare(stack);
    stack.writeLock();
    if (newStart >= stack.start()) {
      return;
    }
    long grow = Addresses.pages(stack.start() - newStart);
    if (grow > stack.pageOffset()) {
      throw new MemoryException(Errno.ENOMEM);
    }
    account(stack, stack.end() - newStart, grow);
    move(stack, newStart);
  }

  private static void requireGap(Vma stack, long newStart) {
    Vma below = stack.mm().vmas().previous(stack);
    if (below == null || below.has(VmFlags.GROWSDOWN) || !VmFlags.isAccessible(below.flags())) {
      return;
    }
    long gap = newStart - below.end();
    if (Long.compareUnsigned(gap, stack.mm().stackGuardGapBytes()) < 0) {
      throw new MemoryException(Errno.ENOMEM);
    }
  }

  private void account(Vma stack, long newBytes, long growPages) {
    AddressSpace mm = stack.mm();
    boolean allowed =
        MmLimits.mayExpand(mm, stack.flags(), growPages)
            && newBytes <= mm.limits().stackBytes()
            && MmLimits.mayLock(mm, stack.flags(), growPages << Addresses.PAGE_SHIFT);
    if (!allowed) {
      throw new MemoryException(Errno.ENOMEM);
    }
    context.committed().charge(mm, growPages);
    if (stack.has(VmFlags.LOCKED)) {
      mm.addLocked(growPages);
    }
    mm.accountPages(stack.flags(), growPages);
  }

  private void move(Vma stack, long newStart) {
    AnonVma anonVma = stack.requireAnonVma();
    anonVma.lock().writeLock();
    context.anonVmas().preUpdate(stack);
    stack.setRange(newStart, stack.end(), stack.pageOffset(newStart));
    stack.mm().vmas().store(stack);
    context.anonVmas().postUpdate(stack);
    anonVma.lock().writeUnlock();
  }
}
