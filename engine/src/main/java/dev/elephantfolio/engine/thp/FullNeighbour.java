package dev.elephantfolio.engine.thp;

import dev.elephantfolio.engine.mm.Addresses;
import dev.elephantfolio.engine.mm.Vma;
import dev.elephantfolio.engine.pagetable.PageTable;
import dev.elephantfolio.engine.pagetable.Pte;

/**
 * What {@code anon_beside_full} asks of a fault before it takes a folio of several pages: the
 * aligned block of that size right below or right above must be full.
 *
 * <pre>
 *   block     ████ ....        taken: full below
 *   block     ███. ....        declined
 *   block     ....|████        declined: the boundary of the area or of its 2 MiB place between
 *                 ▲ fault in ....
 * </pre>
 *
 * Full means that no entry is none: pages of zeroes, guards and swapped pages count. As a live
 * 6.18.44 does; mainline has no such knob.
 */
public final class FullNeighbour {
  private FullNeighbour() {}

  /**
   * Whether the block of {@code order} around {@code address} has a full neighbour in {@code vma}.
   *
   * @param table the table of small entries that covers {@code address}, read without its lock
   */
  public static boolean isBeside(Vma vma, PageTable table, long address, int order) {
    long size = Addresses.PAGE_SIZE << order;
    long block = Addresses.roundDown(address, size);
    return isFull(vma, table, address, block - size, order)
        || isFull(vma, table, address, block + size, order);
  }

  private static boolean isFull(Vma vma, PageTable table, long address, long block, int order) {
    long size = Addresses.PAGE_SIZE << order;
    boolean sameTable =
        Addresses.roundDown(block, Addresses.PMD_SIZE)
            == Addresses.roundDown(address, Addresses.PMD_SIZE);
    if (!sameTable || block < vma.start() || block + size > vma.end()) {
      return false;
    }
    int first = PageTable.index(block, PageTable.PTE);
    for (int i = first; i < first + (1 << order); i++) {
      if (Pte.isNone(table.entry(i))) {
        return false;
      }
    }
    return true;
  }
}
