package dev.elephantfolio.engine.mm;

import dev.elephantfolio.engine.Errno;
import dev.elephantfolio.engine.MemoryException;
import dev.elephantfolio.engine.notifier.InvalidateEvent;
import dev.elephantfolio.engine.notifier.InvalidateRange;
import dev.elephantfolio.engine.pagecache.MappedFile;
import java.util.ArrayList;
import java.util.List;
import org.jspecify.annotations.Nullable;

/**
 * Takes areas away: those of a range are split at its ends and gathered, then their pages, tables
 * and finally they themselves go. Everything that can be refused is refused while gathering.
 *
 * <p>Behaviour: mm/vma.c of 6.18 (munmap, and mmap over existing areas).
 */
final class VmaUnmap {
  /** The areas of one range, on their way out. mmap_lock held for writing. */
  final class Gathered {
    private final AddressSpace mm;
    private final long start;
    private final long end;
    private final List<Vma> areas = new ArrayList<>();
    private @Nullable Vma previous;
    private @Nullable Vma next;
    private long pages;
    private long lockedPages;
    private long accountedPages;
    private boolean cleared;

    private Gathered(AddressSpace mm, long start, long end) {
      this.mm = mm;
      this.start = start;
      this.end = end;
    }

    /** The area below the range. */
    @Nullable Vma previous() {
      return previous;
    }

    /** The area above the range. */
    @Nullable Vma next() {
      return next;
    }

    long pages() {
      return pages;
    }

    /** Pages whose commit charge goes back when the areas go. */
    long accountedPages() {
      return accountedPages;
    }

    /** The charge stays: another area takes it over. */
    void keepCharge() {
      accountedPages = 0;
    }

    private void add(Vma vma) {
      vma.writeLock();
      areas.add(vma);
      pages += vma.pages();
      if (vma.has(VmFlags.LOCKED)) {
        lockedPages += vma.pages();
      }
      if (vma.has(VmFlags.ACCOUNT)) {
        accountedPages += vma.pages();
      }
    }

    /**
     * Drops pages and page tables. Before a new area takes the place, this runs while the old ones
     * are still in the tree, so that no reverse walk misses a page.
     */
    void clearPages() {
      if (cleared || areas.isEmpty()) {
        return;
      }
      cleared = true;
      mm.updateHiwaterRss();
      InvalidateRange told = mm.notifiers().start(InvalidateEvent.UNMAP, start, end);
      for (Vma vma : areas) {
        context.ranges().zap(vma, vma.start(), vma.end());
      }
      mm.notifiers().end(told);
      for (Vma vma : areas) {
        forget(vma);
      }
      long floor = previous == null ? 0 : previous.end();
      long ceiling = next == null ? 0 : next.start();
      context.ranges().freePageTables(mm, start, end, floor, ceiling);
    }

    private void forget(Vma vma) {
      if (vma.anonVma() != null) {
        context.anonVmas().unlink(vma);
      }
      MappedFile file = vma.file();
      if (file != null) {
        file.lockMappings();
        file.removeMapping(vma);
        file.unlockMappings();
      }
    }

    /** The areas leave the tree (if they are still in it): nobody finds them any more. */
    void detach() {
      for (Vma vma : areas) {
        vma.markDetached();
      }
    }

    /** Counts the areas out and gives the commit charge back, once pages are gone. */
    void account() {
      for (Vma vma : areas) {
        mm.accountPages(vma.flags(), -vma.pages());
      }
      context.committed().uncharge(accountedPages);
    }
  }

  private final MmContext context;
  private final VmaModify modify;

  VmaUnmap(MmContext context) {
    this.context = context;
    this.modify = new VmaModify(context);
  }

  /**
   * Collects the areas of {@code [startAddress, endAddress)}, splitting at its ends.
   *
   * @throws MemoryException EPERM when one is sealed, ENOMEM when splitting one area in three would
   *     exceed {@code vm/max_map_count}; splits done before that stay
   */
  Gathered gather(AddressSpace mm, long startAddress, long endAddress) {
    Gathered gathered = new Gathered(mm, startAddress, endAddress);
    VmaTree tree = mm.vmas();
    Vma first = tree.findIntersection(startAddress, endAddress);
    if (first != null && first.start() < startAddress) {
      splitFirst(first, startAddress, endAddress);
    }
    gathered.previous = tree.before(startAddress);
    Vma vma = tree.findIntersection(startAddress, endAddress);
    while (vma != null && vma.start() < endAddress) {
      requireUnsealed(vma);
      if (vma.end() > endAddress) {
        modify.splitUnchecked(vma, endAddress, false);
      }
      gathered.add(vma);
      vma = tree.next(vma);
    }
    gathered.next = tree.find(endAddress);
    return gathered;
  }

  private void splitFirst(Vma first, long startAddress, long endAddress) {
    boolean leavesTwo = endAddress < first.end();
    if (leavesTwo && first.mm().vmas().size() >= context.settings().maxMapCount()) {
      throw new MemoryException(Errno.ENOMEM);
    }
    requireUnsealed(first);
    modify.splitUnchecked(first, startAddress, true);
  }

  private static void requireUnsealed(Vma vma) {
    if (vma.isSealed()) {
      throw new MemoryException(Errno.EPERM);
    }
  }

  /**
   * Unmaps {@code [startAddress, endAddress)} with mmap_lock held for writing, and keeps it so.
   *
   * @throws MemoryException as {@link #gather}
   */
  void unmap(AddressSpace mm, long startAddress, long endAddress) {
    Gathered gathered = detachRange(mm, startAddress, endAddress);
    gathered.clearPages();
    gathered.account();
  }

  /**
   * As {@link #unmap}, but releases mmap_lock on success: pages go while other threads may already
   * fault elsewhere. On failure the lock stays held.
   */
  void unmapAndUnlock(AddressSpace mm, long startAddress, long endAddress) {
    Gathered gathered = detachRange(mm, startAddress, endAddress);
    mm.mmapWriteDowngrade();
    gathered.clearPages();
    gathered.account();
    mm.mmapReadUnlock();
  }

  private Gathered detachRange(AddressSpace mm, long startAddress, long endAddress) {
    Gathered gathered = gather(mm, startAddress, endAddress);
    mm.vmas().clear(startAddress, endAddress);
    gathered.detach();
    mm.addLocked(-gathered.lockedPages);
    return gathered;
  }

  /** Finishes what {@link #gather} began with nothing in the place. */
  void completeAsHole(Gathered gathered) {
    gathered.mm.vmas().clear(gathered.start, gathered.end);
    complete(gathered);
  }

  /** Finishes what {@link #gather} began, after another area took the place in the tree. */
  void complete(Gathered gathered) {
    gathered.detach();
    gathered.mm.addLocked(-gathered.lockedPages);
    gathered.clearPages();
    gathered.account();
  }
}
