package dev.elephantfolio.engine.mm;

import dev.elephantfolio.engine.Errno;
import dev.elephantfolio.engine.Kernel;
import dev.elephantfolio.engine.MemoryException;
import dev.elephantfolio.engine.notifier.InvalidateEvent;
import dev.elephantfolio.engine.notifier.InvalidateRange;
import dev.elephantfolio.engine.notifier.MmuNotifiers;
import dev.elephantfolio.engine.pagecache.MappedFile;
import dev.elephantfolio.engine.pagetable.PageTable;
import dev.elephantfolio.engine.pagetable.PageTableCursor;
import dev.elephantfolio.engine.pagetable.PageTables;
import dev.elephantfolio.engine.pagetable.Pte;
import dev.elephantfolio.engine.pagetable.TableMoves;
import dev.elephantfolio.engine.rmap.AnonVma;
import dev.elephantfolio.engine.sync.Mutation;
import dev.elephantfolio.engine.thp.PmdSplit;
import dev.elephantfolio.engine.tlb.TranslationGate;

/**
 * Moves the entries of one area to another of the same address space: the largest pieces that both
 * places allow at a time.
 *
 * <pre>
 *  both places, and what is left  | moved
 *  -------------------------------+------------------------------------------------------
 *  multiples of 1 GiB             | the PMD table
 *  multiples of 2 MiB             | the PTE table, or the huge entry with its deposit
 *  else                           | entry by entry; a huge mapping is split first
 * </pre>
 *
 * <p>mmap_lock is held for writing and both areas are write-locked, so nothing is mapped meanwhile;
 * but pages may be unmapped, split or migrated through the reverse map. Behaviour:
 * move_page_tables, mm/mremap.c of 6.18.
 */
final class MovePageTables {
  private static final long PMD_SIZE = PageTables.PMD_SIZE;
  private static final long PUD_SIZE = PageTable.span(PageTable.PUD);

  private final PmdSplit pmdSplit;
  private final TranslationGate translations;
  private final long softDirty;
  private final boolean locksRmap;

  MovePageTables(Kernel kernel) {
    this.pmdSplit = kernel.pmdSplit();
    this.translations = kernel.translations();
    this.locksRmap = !kernel.mutations().has(Mutation.NO_RMAP_LOCK_IN_MREMAP);
    this.softDirty = kernel.vm().softDirtyFlag() != 0 ? Pte.SOFT_DIRTY : 0;
  }

  /**
   * Moves what {@code old} maps at {@code [oldAddress, oldAddress + lengthBytes)} to {@code
   * newAddress} of {@code copy}, where nothing is mapped.
   *
   * @param needsRmapLocks whether entries must move under the reverse map's locks, because a walk
   *     could visit the new place before the old one and miss them at both
   * @return how many bytes were moved: fewer when there was no memory for a table
   */
  long move(
      Vma old,
      Vma copy,
      long oldAddress,
      long newAddress,
      long lengthBytes,
      boolean needsRmapLocks) {
    Move move =
        new Move(old, copy, oldAddress, newAddress, lengthBytes, needsRmapLocks && locksRmap);
    if (lengthBytes != 0) {
      move.realign();
      move.tellAndRun();
    }
    return move.movedBytes();
  }

  /** One move under way: both addresses advance together until the old one reaches its end. */
  private final class Move {
    private final Vma old;
    private final Vma copy;
    private final PageTables tables;
    private final TableMoves tableMoves;
    private final EntryMove places;
    private final boolean needsRmapLocks;
    private final long oldStart;
    private final long oldEnd;
    private long oldAddress;
    private long newAddress;

    Move(
        Vma old,
        Vma copy,
        long oldAddress,
        long newAddress,
        long lengthBytes,
        boolean needsRmapLocks) {
      this.old = old;
      this.copy = copy;
      this.tables = old.mm().tables();
      this.tableMoves = new TableMoves(tables);
      this.places = new EntryMove(tables);
      this.needsRmapLocks = needsRmapLocks;
      this.oldStart = oldAddress;
      this.oldEnd = oldAddress + lengthBytes;
      this.oldAddress = oldAddress;
      this.newAddress = newAddress;
    }

    /**
     * Begins at the 2 MiB boundary below when nothing else is mapped from there on, so that the
     * first table can move whole.
     *
     * <pre>
     *  boundary          boundary
     *     .     |-----------.------|
     *     .     oldStart    .      oldEnd
     *     &lt;- moved as one -&gt;
     * </pre>
     */
    void realign() {
      long below = oldAddress & ~PageTables.PMD_MASK;
      boolean alike = below == (newAddress & ~PageTables.PMD_MASK);
      if (below == 0 || !alike || oldEnd - oldAddress < PMD_SIZE - below) {
        return;
      }
      if (isFreeBelow(old, oldAddress) && isFreeBelow(copy, newAddress)) {
        oldAddress -= below;
        newAddress -= below;
      }
    }

    private static boolean isFreeBelow(Vma vma, long address) {
      long boundary = address & PageTables.PMD_MASK;
      return vma.start() == address && vma.mm().vmas().findIntersection(boundary, address) == null;
    }

    long movedBytes() {
      return Math.max(oldAddress - oldStart, 0);
    }

    void tellAndRun() {
      MmuNotifiers notifiers = old.mm().notifiers();
      InvalidateRange told = notifiers.start(InvalidateEvent.UNMAP, oldAddress, oldEnd);
      run();
      notifiers.end(told);
    }

    private void run() {
      try {
        while (oldAddress < oldEnd) {
          long extent = step();
          oldAddress += extent;
          newAddress += extent;
        }
      } catch (MemoryException refused) {
        if (refused.errno() != Errno.ENOMEM) {
          throw refused;
        }
      }
    }

    /** Moves what stands at the addresses; gives how far they advance. */
    private long step() {
      long extent = extent(PUD_SIZE);
      if (!tableMoves.isPresent(oldAddress, PageTable.PUD)) {
        return extent;
      }
      tableMoves.ensure(newAddress, PageTable.PUD);
      if (extent == PUD_SIZE && moveTable(PageTable.PUD)) {
        return extent;
      }
      extent = extent(PMD_SIZE);
      if (tableMoves.isPresent(oldAddress, PageTable.PMD)) {
        tableMoves.ensure(newAddress, PageTable.PMD);
        moveBelowPmd(extent);
      }
      return extent;
    }

    /** As far as both slots of {@code size} reach, and no further than the end. */
    private long extent(long size) {
      long toOldEdge = size - (oldAddress & (size - 1));
      long toNewEdge = size - (newAddress & (size - 1));
      return Math.min(Math.min(toOldEdge, toNewEdge), oldEnd - oldAddress);
    }

    private void moveBelowPmd(long extent) {
      boolean whole = extent == PMD_SIZE;
      while (true) {
        long entry = tables.pmdEntry(oldAddress);
        boolean huge = Pte.isLeaf(entry);
        if (Pte.isNone(entry) || (whole && (huge ? moveHuge() : moveTable(PageTable.PMD)))) {
          return;
        }
        if (huge) {
          pmdSplit.split(old, oldAddress);
        }
        if (new PageTableCursor(tables).ensurePteTable(newAddress) && movePtes(extent)) {
          return;
        }
      }
    }

    /** Moves the table below a slot; those who walk by the reverse map must not come between. */
    private boolean moveTable(int level) {
      if (locksRmap) {
        lockRmap();
      }
      boolean moved = tableMoves.move(oldAddress, newAddress, level);
      if (moved) {
        flush(PageTable.span(level));
      }
      if (locksRmap) {
        unlockRmap();
      }
      return moved;
    }

    private boolean moveHuge() {
      if (!Pte.isNone(tables.pmdEntry(newAddress))) {
        return false;
      }
      lockRmapIfNeeded();
      boolean moved = places.lockPmds(oldAddress, newAddress);
      if (moved) {
        moved = moveHugeLocked();
        places.unlock();
      }
      unlockRmapIfNeeded();
      return moved;
    }

    private boolean moveHugeLocked() {
      PageTableCursor from = places.from(oldAddress);
      if (!Pte.isLeaf(from.entry())) {
        return false;
      }
      long entry = from.getAndClear();
      if (!places.isSameTable()) {
        places.to(newAddress).deposit(from.withdraw());
      }
      places.to(newAddress).set(entry | softDirty);
      if (Pte.isPresent(entry)) {
        flush(PMD_SIZE);
      }
      return true;
    }

    /** False when the table at the old place is gone. */
    private boolean movePtes(long extent) {
      lockRmapIfNeeded();
      boolean locked = places.lockPtes(oldAddress, newAddress);
      if (locked) {
        boolean flush = false;
        for (long offset = 0; offset < extent; offset += PageTables.PAGE_SIZE) {
          flush |= movePte(oldAddress + offset, newAddress + offset);
        }
        if (flush) {
          flush(extent);
        }
        places.unlock();
      }
      unlockRmapIfNeeded();
      return locked;
    }

    /** Nobody translates the next {@code extent} bytes of the old place as before any more. */
    private void flush(long extent) {
      translations.flush();
      old.mm().notifiers().invalidateSecondaryTlbs(oldAddress, oldAddress + extent);
    }

    /** Moves one entry; true when it was present. */
    private boolean movePte(long fromAddress, long toAddress) {
      PageTableCursor from = places.from(fromAddress);
      if (Pte.isNone(from.entry())) {
        return false;
      }
      long entry = from.getAndClear();
      places.to(toAddress).set(entry | softDirty);
      return Pte.isPresent(entry);
    }

    private void lockRmapIfNeeded() {
      if (needsRmapLocks) {
        lockRmap();
      }
    }

    private void unlockRmapIfNeeded() {
      if (needsRmapLocks) {
        unlockRmap();
      }
    }

    private void lockRmap() {
      MappedFile file = old.file();
      if (file != null) {
        file.lockMappings();
      }
      AnonVma anonVma = old.anonVma();
      if (anonVma != null) {
        anonVma.lock().writeLock();
      }
    }

    private void unlockRmap() {
      AnonVma anonVma = old.anonVma();
      if (anonVma != null) {
        anonVma.lock().writeUnlock();
      }
      MappedFile file = old.file();
      if (file != null) {
        file.unlockMappings();
      }
    }
  }
}
