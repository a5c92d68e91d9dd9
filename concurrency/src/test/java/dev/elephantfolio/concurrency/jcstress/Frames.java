package dev.elephantfolio.concurrency.jcstress;

import dev.elephantfolio.engine.frame.GfpFlags;
import dev.elephantfolio.engine.frame.MemMap;
import dev.elephantfolio.engine.frame.PageAllocator;
import dev.elephantfolio.engine.pagetable.PageTables;
import dev.elephantfolio.engine.sync.Cpus;
import java.util.concurrent.atomic.AtomicInteger;
import java.util.concurrent.atomic.LongAdder;

/**
 * Frames and places in page tables for tests that need new ones each time: so many that none comes
 * round again while it is in use.
 */
public final class Frames {
  private static final long BASE = 0x1000_0000_0000L;
  private static final int COUNT = 1 << 17;

  private final MemMap memMap = new MemMap(COUNT * 2L);
  private final PageTables tables;
  private final int[] pfns = new int[COUNT];
  private final AtomicInteger next = new AtomicInteger();

  public Frames() {
    PageAllocator pages = new PageAllocator(memMap, new Cpus(2), 0);
    tables = new PageTables(pages, memMap, new LongAdder());
    for (int at = 0; at < COUNT; at++) {
      pfns[at] = pages.allocate(0, GfpFlags.KERNEL | GfpFlags.MOVABLE);
    }
  }

  public MemMap memMap() {
    return memMap;
  }

  public PageTables tables() {
    return tables;
  }

  /** The number of a frame that has one reference, and of a place. */
  public int take() {
    int number = next.getAndIncrement() & (COUNT - 1);
    memMap.unfreezeRef(pfns[number], 1);
    return number;
  }

  public int pfn(int number) {
    return pfns[number];
  }

  public static long address(int number) {
    return BASE + number * PageTables.PAGE_SIZE;
  }
}
