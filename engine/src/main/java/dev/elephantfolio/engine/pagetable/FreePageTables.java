package dev.elephantfolio.engine.pagetable;

/**
 * Gives page tables back that serve no mapped address any more.
 *
 * <p>Two ways:
 *
 * <ul>
 *   <li>after an address range was unmapped, every table under which nothing else can be mapped;
 *   <li>after the pages under one PMD entry were dropped but their area stays (MADV_DONTNEED), the
 *       PTE table, if it is empty.
 * </ul>
 *
 * Behaviour: free_pgtables and CONFIG_PT_RECLAIM, mm/memory.c of 6.18.
 */
public final class FreePageTables {
  private final PageTables tables;
  private final long floor;
  private final long ceiling;

  private FreePageTables(PageTables tables, long floor, long ceiling) {
    this.tables = tables;
    this.floor = floor;
    this.ceiling = ceiling;
  }

  /**
   * Frees the tables over {@code [startAddress, endAddress)}, whose pages are all gone, unless they
   * also serve addresses below {@code floorAddress} or from {@code ceilingAddress} on.
   *
   * <pre>
   *           floor   start      end        ceiling
   *   |  areas  |       |  gone   |             |  areas  |
   *   [ table A      ][ table B      ][ table C      ]       B is freed, A and C are shared
   * </pre>
   *
   * <p>No area but the one that goes may lie between floor and ceiling, so that nobody else adds or
   * uses a table there: mmap_lock is held, the area is out of the tree and its reverse maps are
   * unlinked.
   *
   * @param ceilingAddress 0 for no limit
   */
  public static void free(
      PageTables tables,
      long startAddress,
      long endAddress,
      long floorAddress,
      long ceilingAddress) {
    long ceiling = ceilingAddress == 0 ? Long.MAX_VALUE : ceilingAddress;
    FreePageTables free = new FreePageTables(tables, floorAddress, ceiling);
    free.below(tables.root(), 0, startAddress, endAddress);
  }

  /** Frees what lies below {@code upper}, whose first address is {@code base}. */
  private void below(PageTable upper, long base, long start, long end) {
    long span = PageTable.span(upper.level());
    int last = PageTable.index(end - 1, upper.level());
    for (int index = PageTable.index(start, upper.level()); index <= last; index++) {
      PageTable table = upper.child(index);
      if (table != null) {
        long from = base + index * span;
        if (table.level() > PageTable.PTE) {
          below(table, from, Math.max(start, from), Math.min(end, from + span));
        }
        if (from >= floor && from + span <= ceiling) {
          release(upper, index, table);
        }
      }
    }
  }

  private void release(PageTable upper, int index, PageTable table) {
    if (!table.isEmpty()) {
      if (table.level() == PageTable.PTE) {
        throw new IllegalStateException("a page table goes with entries in it");
      }
      return;
    }
    upper.lock().lock();
    PageTable _ = upper.detach(index);
    upper.lock().unlock();
    tables.release(table);
  }

  /**
   * Frees the PTE table over {@code address} if no entry is in it. Others may fault there at any
   * time: who comes too late finds no table and makes one.
   */
  public static void reclaimIfEmpty(PageTables tables, long address) {
    PageTableCursor pmd = new PageTableCursor(tables);
    if (!pmd.lockPmd(address)) {
      return;
    }
    PageTable table = pmd.child();
    boolean reclaimed = table != null && takeEmpty(pmd, table);
    pmd.unlock();
    if (reclaimed && table != null) {
      tables.release(table);
    }
  }

  private static boolean takeEmpty(PageTableCursor pmd, PageTable table) {
    table.lock().lock();
    boolean empty = table.isEmpty();
    if (empty) {
      PageTable _ = pmd.detach();
    }
    table.lock().unlock();
    return empty;
  }
}
