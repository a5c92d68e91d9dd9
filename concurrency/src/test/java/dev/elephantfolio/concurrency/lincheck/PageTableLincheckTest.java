package dev.elephantfolio.concurrency.lincheck;

import static org.junit.jupiter.api.Assertions.assertTrue;

import dev.elephantfolio.engine.frame.MemMap;
import dev.elephantfolio.engine.frame.PageAllocator;
import dev.elephantfolio.engine.pagetable.FreePageTables;
import dev.elephantfolio.engine.pagetable.PageTableCursor;
import dev.elephantfolio.engine.pagetable.PageTables;
import dev.elephantfolio.engine.pagetable.Pte;
import dev.elephantfolio.engine.sync.Cpus;
import java.util.concurrent.atomic.LongAdder;
import org.jetbrains.lincheck.datastructures.BooleanGen;
import org.jetbrains.lincheck.datastructures.IntGen;
import org.jetbrains.lincheck.datastructures.Operation;
import org.jetbrains.lincheck.datastructures.Param;
import org.junit.jupiter.api.Test;

/**
 * The cursor on one table of leaves, with the processor that marks entries and a thread that takes
 * the table away when it is empty.
 */
class PageTableLincheckTest {
  private static final long BASE = 0x1000_0000_0000L;

  /** Two entries; an absent table is one of two empty entries. */
  @Param(name = "slot", gen = IntGen.class, conf = "0:1")
  @Param(name = "pfn", gen = IntGen.class, conf = "1:3")
  @Param(name = "write", gen = BooleanGen.class)
  public static class Sequential {
    private final long[] entries = new long[2];

    /** Maps a page where none is mapped. */
    @Operation
    public boolean map(@Param(name = "slot") int slot, @Param(name = "pfn") int pfn) {
      if (entries[slot] != Pte.NONE) {
        return false;
      }
      entries[slot] = Pte.present(pfn, Pte.WRITABLE);
      return true;
    }

    /** Unmaps; gives the entry with the last marks. */
    @Operation
    public long clear(@Param(name = "slot") int slot) {
      long old = entries[slot];
      entries[slot] = Pte.NONE;
      return old;
    }

    /** Takes the right to write away, as fork does. */
    @Operation
    public long protect(@Param(name = "slot") int slot) {
      if (Pte.isPresent(entries[slot])) {
        entries[slot] &= ~Pte.WRITABLE;
      }
      return entries[slot];
    }

    /** What the processor does: marks the entry it uses. */
    @Operation
    public long access(@Param(name = "slot") int slot, @Param(name = "write") boolean write) {
      if (!Pte.allows(entries[slot], write)) {
        return Pte.NONE;
      }
      entries[slot] |= Pte.YOUNG | (write ? Pte.DIRTY | Pte.SOFT_DIRTY : 0);
      return entries[slot];
    }

    /** Takes the table away if it is empty. */
    @Operation
    public void reclaim() {}
  }

  /** The engine's. */
  public static class Engine extends Sequential {
    final PageTables tables;

    public Engine() {
      MemMap memMap = new MemMap(1024);
      PageAllocator pages = new PageAllocator(memMap, new Cpus(2), 0);
      tables = new PageTables(pages, memMap, new LongAdder());
      tables.ensurePmdTable(BASE);
    }

    static long address(int slot) {
      return BASE + slot * PageTables.PAGE_SIZE;
    }

    private PageTableCursor lockAllocating(int slot) {
      PageTableCursor cursor = new PageTableCursor(tables);
      do {
        boolean _ = cursor.ensurePteTable(address(slot));
      } while (!cursor.lockPte(address(slot)));
      return cursor;
    }

    @Override
    @Operation
    public boolean map(@Param(name = "slot") int slot, @Param(name = "pfn") int pfn) {
      PageTableCursor cursor = lockAllocating(slot);
      boolean none = Pte.isNone(cursor.entry());
      if (none) {
        cursor.set(Pte.present(pfn, Pte.WRITABLE));
      }
      cursor.unlock();
      return none;
    }

    @Override
    @Operation
    public long clear(@Param(name = "slot") int slot) {
      PageTableCursor cursor = new PageTableCursor(tables);
      if (!cursor.lockPte(address(slot))) {
        return Pte.NONE;
      }
      long old = take(cursor);
      cursor.unlock();
      return old;
    }

    long take(PageTableCursor cursor) {
      return cursor.getAndClear();
    }

    @Override
    @Operation
    public long protect(@Param(name = "slot") int slot) {
      PageTableCursor cursor = new PageTableCursor(tables);
      if (!cursor.lockPte(address(slot))) {
        return Pte.NONE;
      }
      long now = Pte.isPresent(cursor.entry()) ? cursor.update(Pte.WRITABLE, 0) : cursor.entry();
      cursor.unlock();
      return now;
    }

    @Override
    @Operation
    public long access(@Param(name = "slot") int slot, @Param(name = "write") boolean write) {
      while (true) {
        long entry = tables.load(address(slot));
        if (!Pte.allows(entry, write)) {
          return Pte.NONE;
        }
        if (tables.markAccessed(address(slot), entry, write)) {
          return entry | Pte.YOUNG | (write ? Pte.DIRTY | Pte.SOFT_DIRTY : 0);
        }
      }
    }

    @Override
    @Operation
    public void reclaim() {
      FreePageTables.reclaimIfEmpty(tables, BASE);
    }
  }

  /** Loses what the processor marks between the look and the store. */
  public static class ForgetsMarks extends Engine {
    @Override
    long take(PageTableCursor cursor) {
      long old = cursor.entry();
      cursor.set(Pte.NONE);
      return old;
    }
  }

  @Test
  void isAtomicInEveryInterleavingTried() {
    Lincheck.modelCheck(Engine.class, Sequential.class);
  }

  @Test
  void isAtomicOnRealThreads() {
    Lincheck.stress(Engine.class, Sequential.class);
  }

  @Test
  void anUnmapThatForgetsTheProcessorsMarksIsFound() {
    Scenario scenario =
        new Scenario(ForgetsMarks.class)
            .first("map", 0, 1)
            .thread("clear", 0)
            .thread("access", 0, true);
    String story = Lincheck.findInBroken(scenario, Sequential.class);
    assertTrue(story.contains("access"), story);
  }
}
