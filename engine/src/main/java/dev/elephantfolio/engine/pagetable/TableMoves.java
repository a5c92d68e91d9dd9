package dev.elephantfolio.engine.pagetable;

import dev.elephantfolio.engine.MemoryException;
import org.jspecify.annotations.Nullable;

/**
 * Moves whole tables from one place of an address space to another, with all that hangs below: what
 * makes a large, well-aligned mremap cheap.
 *
 * <p>The caller holds mmap_lock for writing, and the reverse map's locks of the area, so that no
 * walk meets the entries at neither place; it flushes translations afterwards. Behaviour:
 * move_normal_pmd and move_normal_pud, mm/mremap.c of 6.18.
 */
public final class TableMoves {
  private final PageTables tables;

  public TableMoves(PageTables tables) {
    this.tables = tables;
  }

  /** The table of {@code level} that covers {@code address}, or null. */
  public @Nullable PageTable table(long address, int level) {
    PageTable table = tables.root();
    while (table != null && table.level() > level) {
      table = table.child(PageTable.index(address, table.level()));
    }
    return table;
  }

  /** Whether anything stands in the slot of {@code level} over {@code address}. */
  public boolean isPresent(long address, int level) {
    PageTable table = table(address, level);
    return table != null && !Pte.isNone(table.entry(PageTable.index(address, level)));
  }

  /**
   * Makes sure that a table of {@code level}, PMD or PUD, covers {@code address}.
   *
   * @throws MemoryException ENOMEM
   */
  public void ensure(long address, int level) {
    PageTable table = tables.root();
    while (table.level() > level) {
      table = tables.childOrAllocate(table, address);
    }
  }

  /**
   * Hangs the table below the slot of {@code level} over {@code fromAddress} below the slot over
   * {@code toAddress} instead. Both slots' tables exist; both addresses are multiples of the slot's
   * span.
   *
   * @return false when no table hangs there (any more), or something stands at the new place
   */
  public boolean move(long fromAddress, long toAddress, int level) {
    PageTable from = table(fromAddress, level);
    PageTable to = table(toAddress, level);
    int toIndex = PageTable.index(toAddress, level);
    if (from == null || to == null || !Pte.isNone(to.entry(toIndex))) {
      return false;
    }
    from.lock().lock();
    if (to != from) {
      to.lock().lockNested();
    }
    boolean moved = moveLocked(from, PageTable.index(fromAddress, level), to, toIndex);
    if (to != from) {
      to.lock().unlock();
    }
    from.lock().unlock();
    return moved;
  }

  private static boolean moveLocked(PageTable from, int fromIndex, PageTable to, int toIndex) {
    if (!Pte.isTable(from.entry(fromIndex))) {
      return false;
    }
    to.attach(toIndex, from.detach(fromIndex));
    return true;
  }
}
