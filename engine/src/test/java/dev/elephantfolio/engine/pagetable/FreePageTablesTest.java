package dev.elephantfolio.engine.pagetable;

import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertNotNull;
import static org.junit.jupiter.api.Assertions.assertNull;
import static org.junit.jupiter.api.Assertions.assertThrows;

import dev.elephantfolio.engine.frame.MemMap;
import dev.elephantfolio.engine.frame.PageAllocator;
import dev.elephantfolio.engine.sync.Cpus;
import java.util.concurrent.atomic.LongAdder;
import org.junit.jupiter.api.Test;

/**
 * Which tables go with a range. One PTE table serves 2 MiB, one PMD table 1 GiB, one PUD table 512
 * GiB.
 */
final class FreePageTablesTest {
  private static final long MIB = 1L << 20;
  private static final long GIB = 1L << 30;
  private static final long BASE = 512 * GIB;

  private final PageTables tables = tables();

  private static PageTables tables() {
    MemMap memMap = new MemMap(2048);
    return new PageTables(new PageAllocator(memMap, new Cpus(1), 0), memMap, new LongAdder());
  }

  private void touch(long... addresses) {
    for (long address : addresses) {
      new PageTableCursor(tables).ensurePteTable(address);
    }
  }

  private long count() {
    return tables.tableBytes() / 4096;
  }

  /** The only area of the process: everything goes, up to the root. */
  @Test
  void aloneTakesAllAlong() {
    touch(BASE, BASE + 3 * GIB, BASE + 600 * GIB);
    assertEquals(8, count());
    FreePageTables.free(tables, BASE, BASE + 601 * GIB, 0, 0);
    assertEquals(0, count());
    tables.destroy();
  }

  /**
   * <pre>
   *  PTE table  |  0  |  1  |  2  |
   *  areas      | aaa [  gone   )bb |
   * </pre>
   */
  @Test
  void sharedTablesStay() {
    touch(BASE, BASE + 2 * MIB, BASE + 4 * MIB);
    FreePageTables.free(tables, BASE + MIB, BASE + 5 * MIB, BASE + MIB, BASE + 5 * MIB);
    assertNotNull(tables.pteTable(BASE));
    assertNull(tables.pteTable(BASE + 2 * MIB));
    assertNotNull(tables.pteTable(BASE + 4 * MIB));
    assertEquals(4, count());
  }

  /** A neighbour in the same table as the end, though not touching it. */
  @Test
  void aGapBelongsToNobody() {
    touch(BASE, BASE + 2 * MIB);
    FreePageTables.free(tables, BASE, BASE + 3 * MIB, 0, BASE + 3 * MIB + 4096);
    assertNull(tables.pteTable(BASE));
    assertNotNull(tables.pteTable(BASE + 2 * MIB));
    FreePageTables.free(tables, BASE + 2 * MIB, BASE + 3 * MIB, BASE + MIB, BASE + 4 * MIB);
    assertNull(tables.pteTable(BASE + 2 * MIB));
    assertEquals(2, count(), "the PMD and PUD tables may serve the neighbours");
  }

  /** The neighbours are in other gibibytes: the PMD table goes, the PUD table stays. */
  @Test
  void upperTablesByTheSameRule() {
    touch(BASE, BASE + GIB, BASE + 2 * GIB);
    FreePageTables.free(tables, BASE + GIB, BASE + GIB + MIB, BASE + MIB, BASE + 2 * GIB);
    assertNull(tables.pmdTable(BASE + GIB));
    assertNotNull(tables.pmdTable(BASE));
    assertNotNull(tables.pmdTable(BASE + 2 * GIB));
  }

  @Test
  void aTableInUseIsNoTableToFree() {
    touch(BASE);
    PageTableCursor pte = new PageTableCursor(tables);
    pte.lockPte(BASE);
    pte.set(Pte.guard());
    pte.unlock();
    assertThrows(
        IllegalStateException.class, () -> FreePageTables.free(tables, BASE, BASE + MIB, 0, 0));
    FreePageTables.reclaimIfEmpty(tables, BASE);
    assertNotNull(tables.pteTable(BASE));
    pte.lockPte(BASE);
    pte.set(Pte.NONE);
    pte.unlock();
    FreePageTables.reclaimIfEmpty(tables, BASE);
    assertNull(tables.pteTable(BASE));
    assertEquals(2, count());
  }
}
