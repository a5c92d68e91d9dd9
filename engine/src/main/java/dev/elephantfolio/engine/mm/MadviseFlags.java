package dev.elephantfolio.engine.mm;

import dev.elephantfolio.engine.Errno;
import dev.elephantfolio.engine.MemoryException;
import org.jspecify.annotations.Nullable;

/**
 * The advice that is kept as flags of an area: which flags it gives, which areas refuse it, and the
 * change itself. mmap_lock is held for writing.
 *
 * <p>Behaviour: madvise_vma_behavior, madvise_update_vma and hugepage_madvise of 6.18.
 */
final class MadviseFlags {
  private final MmContext context;
  private final VmaModify modify;

  MadviseFlags(MmContext context) {
    this.context = context;
    this.modify = new VmaModify(context);
  }

  /**
   * Applies {@code advice} to a range within {@code vma}.
   *
   * @param previous the area below the range, {@code vma} itself when the range begins inside
   * @return the area that holds the range afterwards
   * @throws MemoryException EINVAL when the area is of the wrong kind, EAGAIN with too many areas
   */
  Vma apply(@Nullable Vma previous, Vma vma, long start, long end, int advice) {
    long flags = vma.flags();
    long wanted = advised(vma, flags, advice);
    if (advice == Madvise.HUGEPAGE) {
      // Before the area is cut, and whether or not there is anything to change.
      context.ranges().khugepagedEnter(vma, wanted);
    }
    if (wanted == flags) {
      return vma;
    }
    try {
      Vma changed = modify.modifyFlags(previous, vma, start, end, wanted);
      modify.resetFlags(changed, wanted);
      return changed;
    } catch (MemoryException refused) {
      throw orAgain(refused);
    }
  }

  /** Too many areas is a shortage that may pass. */
  private static MemoryException orAgain(MemoryException refused) {
    return refused.errno() == Errno.ENOMEM ? new MemoryException(Errno.EAGAIN) : refused;
  }

  private static long advised(Vma vma, long flags, int advice) {
    return switch (advice) {
      case Madvise.NORMAL -> flags & ~(VmFlags.RAND_READ | VmFlags.SEQ_READ);
      case Madvise.SEQUENTIAL -> (flags & ~VmFlags.RAND_READ) | VmFlags.SEQ_READ;
      case Madvise.RANDOM -> (flags & ~VmFlags.SEQ_READ) | VmFlags.RAND_READ;
      case Madvise.DONTFORK -> flags | VmFlags.DONTCOPY;
      case Madvise.DOFORK -> refusing(flags, VmFlags.IO) & ~VmFlags.DONTCOPY;
      case Madvise.WIPEONFORK -> requireAnonymous(vma, flags) | VmFlags.WIPEONFORK;
      case Madvise.KEEPONFORK -> refusing(flags, VmFlags.DROPPABLE) & ~VmFlags.WIPEONFORK;
      case Madvise.DONTDUMP -> flags | VmFlags.DONTDUMP;
      case Madvise.DODUMP -> dumped(flags);
      case Madvise.MERGEABLE -> mergeable(vma, flags);
      case Madvise.UNMERGEABLE -> flags & ~VmFlags.MERGEABLE;
      case Madvise.HUGEPAGE -> (flags & ~VmFlags.NOHUGEPAGE) | VmFlags.HUGEPAGE;
      case Madvise.NOHUGEPAGE -> (flags & ~VmFlags.HUGEPAGE) | VmFlags.NOHUGEPAGE;
      default -> throw new IllegalArgumentException("no advice about flags: " + advice);
    };
  }

  private static long refusing(long flags, long refused) {
    if (VmFlags.has(flags, refused)) {
      throw new MemoryException(Errno.EINVAL);
    }
    return flags;
  }

  private static long dumped(long flags) {
    long refused = VmFlags.DROPPABLE;
    if (!VmFlags.has(flags, VmFlags.HUGETLB)) {
      refused |= VmFlags.SPECIAL;
    }
    return refusing(flags, refused) & ~VmFlags.DONTDUMP;
  }

  private static long requireAnonymous(Vma vma, long flags) {
    if (!vma.isAnonymous()) {
      throw new MemoryException(Errno.EINVAL);
    }
    return refusing(flags, VmFlags.SHARED);
  }

  /** Areas that ksm cannot merge ignore the advice. */
  private static long mergeable(Vma vma, long flags) {
    long unfit =
        VmFlags.SHARED | VmFlags.MAYSHARE | VmFlags.SPECIAL | VmFlags.HUGETLB | VmFlags.DROPPABLE;
    if (VmFlags.has(flags, unfit | VmFlags.MERGEABLE)) {
      return flags;
    }
    vma.mm().setFlag(MmFlags.MERGEABLE);
    return flags | VmFlags.MERGEABLE;
  }
}
