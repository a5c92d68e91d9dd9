package dev.elephantfolio.engine.mm;

import dev.elephantfolio.engine.Errno;
import dev.elephantfolio.engine.MemoryException;
import org.jspecify.annotations.Nullable;

/** mprotect(2), as 6.18 does it. Any thread may call it at any time. */
public final class MprotectCall {
  private static final int KNOWN_PROT = Prot.READ | Prot.WRITE | Prot.EXEC | Prot.SEM;

  private final MmContext context;
  private final VmaModify modify;

  public MprotectCall(MmContext context) {
    this.context = context;
    this.modify = new VmaModify(context);
  }

  /**
   * Gives the pages of {@code [address, address + lengthBytes)} the rights {@code prot}.
   *
   * @throws MemoryException EINVAL for an unaligned address, unknown bits, PROT_GROWSDOWN on what
   *     is no stack; ENOMEM for a hole, a limit, the commit limit or too many areas; EACCES for
   *     rights that the mapping may not have; EPERM for sealed memory. Areas below the one refused
   *     are changed already.
   */
  public void protect(AddressSpace mm, long address, long lengthBytes, int prot) {
    int grows = prot & (Prot.GROWSDOWN | Prot.GROWSUP);
    int rights = prot & ~grows;
    if (grows == (Prot.GROWSDOWN | Prot.GROWSUP) || !Addresses.isPageAligned(address)) {
      throw new MemoryException(Errno.EINVAL);
    }
    if (lengthBytes == 0) {
      return;
    }
    long end = address + Addresses.pageCeil(lengthBytes);
    if (Long.compareUnsigned(end, address) <= 0) {
      throw new MemoryException(Errno.ENOMEM);
    }
    if ((rights & ~KNOWN_PROT) != 0) {
      throw new MemoryException(Errno.EINVAL);
    }
    mm.mmapWriteLock();
    try {
      protectLocked(mm, address, Addresses.boundedEnd(end), rights, grows);
    } finally {
      mm.mmapWriteUnlock();
    }
  }

  private void protectLocked(AddressSpace mm, long start, long end, int rights, int grows) {
    Vma first = mm.vmas().find(start);
    if (first == null || first.start() >= end) {
      throw new MemoryException(Errno.ENOMEM);
    }
    long from = start;
    if ((grows & Prot.GROWSDOWN) != 0) {
      requireStack(first);
      from = first.start();
    } else if (first.start() > start) {
      throw new MemoryException(Errno.ENOMEM);
    } else if ((grows & Prot.GROWSUP) != 0) {
      // No stack of x86-64 grows upwards.
      throw new MemoryException(Errno.EINVAL);
    }
    protectAreas(mm, first, from, end, rights);
  }

  private static void requireStack(Vma vma) {
    if (!vma.has(VmFlags.GROWSDOWN)) {
      throw new MemoryException(Errno.EINVAL);
    }
  }

  private void protectAreas(AddressSpace mm, Vma first, long start, long end, int rights) {
    Vma previous = VmaModify.previousOf(first, start);
    Vma vma = first;
    long from = start;
    while (true) {
      long newFlags = (vma.flags() & ~VmFlags.ACCESS) | VmFlags.ofProt(rights);
      if (VmFlags.has(newFlags & ~(newFlags >>> 4), VmFlags.ACCESS)) {
        throw new MemoryException(Errno.EACCES);
      }
      previous = protectArea(previous, vma, from, Math.min(vma.end(), end), newFlags);
      from = previous.end();
      Vma next = mm.vmas().find(from);
      if (from >= end) {
        return;
      }
      if (next == null || next.start() != from) {
        throw new MemoryException(Errno.ENOMEM);
      }
      vma = next;
    }
  }

  /**
   * Changes {@code [start, end)} of one area.
   *
   * @return the area that holds the range afterwards
   */
  Vma protectArea(@Nullable Vma previous, Vma vma, long start, long end, long requestedFlags) {
    if (vma.isSealed()) {
      throw new MemoryException(Errno.EPERM);
    }
    long oldFlags = vma.flags();
    if (oldFlags == requestedFlags) {
      return vma;
    }
    AddressSpace mm = vma.mm();
    long pages = Addresses.pages(end - start);
    long newFlags = accountedFlags(vma, oldFlags, requestedFlags, pages);
    boolean charged =
        !VmFlags.has(oldFlags, VmFlags.ACCOUNT) && VmFlags.has(newFlags, VmFlags.ACCOUNT);
    Vma changed = modifyOrUncharge(previous, vma, start, end, newFlags, charged ? pages : 0);
    modify.resetFlags(changed, newFlags);
    context.ranges().changeProtection(changed, start, end, VmFlags.isPrivateWritable(newFlags));
    if (VmFlags.has(oldFlags, VmFlags.ACCOUNT) && !VmFlags.has(newFlags, VmFlags.ACCOUNT)) {
      context.committed().uncharge(pages);
    }
    if (breaksLockedCopies(oldFlags, newFlags)) {
      context.ranges().populateLocked(changed, start, end);
    }
    mm.accountPages(oldFlags, -pages);
    mm.accountPages(newFlags, pages);
    return changed;
  }

  /** Private memory is charged when it first becomes writable; untouched, it may be given back. */
  private long accountedFlags(Vma vma, long oldFlags, long newFlags, long pages) {
    AddressSpace mm = vma.mm();
    if (VmFlags.has(newFlags, VmFlags.WRITE)) {
      if (!MmLimits.mayExpand(mm, newFlags, pages) && MmLimits.mayExpand(mm, oldFlags, pages)) {
        throw new MemoryException(Errno.ENOMEM);
      }
      long settled =
          VmFlags.ACCOUNT | VmFlags.WRITE | VmFlags.HUGETLB | VmFlags.SHARED | VmFlags.NORESERVE;
      if (VmFlags.has(oldFlags, settled)) {
        return newFlags;
      }
      context.committed().charge(mm, pages);
      return newFlags | VmFlags.ACCOUNT;
    }
    boolean untouched =
        VmFlags.has(oldFlags, VmFlags.ACCOUNT) && vma.isAnonymous() && vma.anonVma() == null;
    return untouched ? newFlags & ~VmFlags.ACCOUNT : newFlags;
  }

  private Vma modifyOrUncharge(
      @Nullable Vma previous, Vma vma, long start, long end, long newFlags, long chargedPages) {
    try {
      return modify.modifyFlags(previous, vma, start, end, newFlags);
    } catch (MemoryException refused) {
      context.committed().uncharge(chargedPages);
      throw refused;
    }
  }

  /** A locked private area that becomes writable gets its copies now, not at a later fault. */
  private static boolean breaksLockedCopies(long oldFlags, long newFlags) {
    return VmFlags.has(newFlags, VmFlags.WRITE)
        && VmFlags.has(oldFlags, VmFlags.LOCKED)
        && !VmFlags.has(oldFlags, VmFlags.WRITE | VmFlags.SHARED);
  }
}
