package dev.elephantfolio.engine.mm;

import dev.elephantfolio.engine.pagetable.PageTable;
import dev.elephantfolio.engine.pagetable.PageTableCursor;
import dev.elephantfolio.engine.pagetable.PageTables;

/**
 * Two places of one address space, both locked: where entries leave and where they go. Both may lie
 * in one table, whose lock is then taken once.
 *
 * <p>Which of two tables is locked first does not matter: mmap_lock, held for writing, keeps out
 * everybody else who would lock two.
 */
final class EntryMove {
  private final PageTables tables;
  private final PageTableCursor from;
  private final PageTableCursor to;
  private boolean sameTable;

  EntryMove(PageTables tables) {
    this.tables = tables;
    this.from = new PageTableCursor(tables);
    this.to = new PageTableCursor(tables);
  }

  /** Locks the PMD tables over both addresses; false, with nothing locked, when one is missing. */
  boolean lockPmds(long fromAddress, long toAddress) {
    PageTable source = tables.pmdTable(fromAddress);
    sameTable = source != null && source == tables.pmdTable(toAddress);
    return from.lockPmd(fromAddress) && (sameTable || orRelease(to.lockPmdNested(toAddress)));
  }

  /** As {@link #lockPmds} for the PTE tables. */
  boolean lockPtes(long fromAddress, long toAddress) {
    PageTable source = tables.pteTable(fromAddress);
    sameTable = source != null && source == tables.pteTable(toAddress);
    return from.lockPte(fromAddress) && (sameTable || orRelease(to.lockPteNested(toAddress)));
  }

  private boolean orRelease(boolean locked) {
    if (!locked) {
      from.unlock();
    }
    return locked;
  }

  void unlock() {
    if (!sameTable) {
      to.unlock();
    }
    from.unlock();
  }

  /** The cursor at the place that is left; with one table, only until {@link #to} is called. */
  PageTableCursor from(long fromAddress) {
    from.seek(fromAddress);
    return from;
  }

  /** The cursor at the place gone to; with one table, only until {@link #from} is called. */
  PageTableCursor to(long toAddress) {
    PageTableCursor cursor = sameTable ? from : to;
    cursor.seek(toAddress);
    return cursor;
  }

  /** Whether both places lie in one table. */
  boolean isSameTable() {
    return sameTable;
  }
}
