package dev.elephantfolio.concurrency.lincheck;

import static org.junit.jupiter.api.Assertions.assertTrue;

import dev.elephantfolio.engine.folio.DeferredSplitQueue;
import dev.elephantfolio.engine.folio.Folios;
import dev.elephantfolio.engine.folio.MapCounts;
import dev.elephantfolio.engine.frame.FolioFlags;
import dev.elephantfolio.engine.frame.GfpFlags;
import dev.elephantfolio.engine.frame.MemMap;
import dev.elephantfolio.engine.frame.PageAllocator;
import dev.elephantfolio.engine.mm.AddressSpace;
import dev.elephantfolio.engine.mm.Capabilities;
import dev.elephantfolio.engine.mm.Limits;
import dev.elephantfolio.engine.mm.VmSettings;
import dev.elephantfolio.engine.mm.Vma;
import dev.elephantfolio.engine.notifier.NotifierRegistration;
import dev.elephantfolio.engine.pagetable.PageTables;
import dev.elephantfolio.engine.stat.NodeStats;
import dev.elephantfolio.engine.stat.ThpStats;
import dev.elephantfolio.engine.stat.VmEvents;
import dev.elephantfolio.engine.sync.Cpus;
import dev.elephantfolio.engine.sync.Mutations;
import java.util.concurrent.atomic.LongAdder;
import org.jetbrains.lincheck.datastructures.IntGen;
import org.jetbrains.lincheck.datastructures.Operation;
import org.jetbrains.lincheck.datastructures.Param;
import org.jetbrains.lincheck.datastructures.Validate;
import org.junit.jupiter.api.Test;

/**
 * Mapcounts of a folio of four pages that two address spaces map and unmap. Operations of one
 * address space come one at a time, as under the lock of its page table.
 */
class MapCountsLincheckTest {
  private static final int PAGES = 4;

  /** Who maps what. */
  @Param(name = "page", gen = IntGen.class, conf = "0:3")
  public static class Sequential {
    /** Bit p: page p is mapped; by address space. */
    final int[] mapped = new int[2];

    @Operation(nonParallelGroup = "first")
    public boolean mapByFirst(@Param(name = "page") int page) {
      return map(0, page);
    }

    @Operation(nonParallelGroup = "first")
    public boolean unmapByFirst(@Param(name = "page") int page) {
      return unmap(0, page);
    }

    @Operation(nonParallelGroup = "second")
    public boolean mapBySecond(@Param(name = "page") int page) {
      return map(1, page);
    }

    @Operation(nonParallelGroup = "second")
    public boolean unmapBySecond(@Param(name = "page") int page) {
      return unmap(1, page);
    }

    /** What changes at once: the total, and whether both may have a part in it. */
    @Operation
    public String counted() {
      int total = Integer.bitCount(mapped[0]) + Integer.bitCount(mapped[1]);
      return text(total, mapped[0] != 0 && mapped[1] != 0);
    }

    static String text(int total, boolean shared) {
      return total + (shared ? " shared" : "");
    }

    boolean map(int space, int page) {
      boolean fresh = (mapped[space] & 1 << page) == 0;
      mapped[space] |= 1 << page;
      return fresh;
    }

    boolean unmap(int space, int page) {
      boolean was = (mapped[space] & 1 << page) != 0;
      mapped[space] &= ~(1 << page);
      return was;
    }
  }

  /** The engine's. */
  public static class Engine extends Sequential {
    final MemMap memMap = new MemMap(1024);
    final MapCounts mapCounts;
    final Folios folios;
    final Vma[] areas = new Vma[2];
    final int head;

    public Engine() {
      Cpus cpus = new Cpus(2);
      PageAllocator pages = new PageAllocator(memMap, cpus, 0);
      VmEvents events = new VmEvents(cpus);
      NodeStats nodeStats = new NodeStats(cpus);
      ThpStats thpStats = new ThpStats(cpus);
      DeferredSplitQueue deferred =
          new DeferredSplitQueue(memMap, events, thpStats, Mutations.NONE);
      folios = new Folios(memMap, pages, deferred, cpus, nodeStats, thpStats, events);
      mapCounts = new MapCounts(memMap, folios, deferred, nodeStats, thpStats, Mutations.NONE);
      NotifierRegistration notifiers = new NotifierRegistration(cpus, Mutations.NONE);
      PageTables tables = new PageTables(pages, memMap, new LongAdder());
      VmSettings settings = new VmSettings();
      for (int space = 0; space < areas.length; space++) {
        AddressSpace mm =
            new AddressSpace(
                space + 1,
                tables,
                notifiers.newAddressSpace(),
                cpus,
                settings,
                Limits.standard(),
                Capabilities.ALL);
        areas[space] = new Vma(mm, 0, PAGES * PageTables.PAGE_SIZE, 0, 0, null);
      }
      head = pages.allocate(2, GfpFlags.KERNEL);
      memMap.setFlag(head, FolioFlags.ANON);
    }

    @Override
    boolean map(int space, int page) {
      if (!super.map(space, page)) {
        return false;
      }
      folios.get(head);
      mapCounts.addAnonPtes(head, head + page, 1, areas[space], false);
      return true;
    }

    @Override
    boolean unmap(int space, int page) {
      if (!super.unmap(space, page)) {
        return false;
      }
      mapCounts.removePtes(head, head + page, 1, areas[space]);
      folios.put(head);
      return true;
    }

    @Override
    @Operation
    public String counted() {
      memMap.lockMapCounts(head);
      int total = memMap.largeMapCount(head);
      boolean shared = memMap.testFlag(head, FolioFlags.MAYBE_MAPPED_SHARED);
      memMap.unlockMapCounts(head);
      return text(total, shared);
    }

    /** Each page's count, the number of mapped pages, and the references. */
    @Validate
    public void check() {
      for (int page = 0; page < PAGES; page++) {
        int expected = (mapped[0] >>> page & 1) + (mapped[1] >>> page & 1);
        expect("page " + page, expected, memMap.mapCount(head + page));
      }
      int mappings = Integer.bitCount(mapped[0]) + Integer.bitCount(mapped[1]);
      expect("mappings", mappings, mapCounts.folioMapCount(head));
      expect("pages", Integer.bitCount(mapped[0] | mapped[1]), memMap.nrPagesMapped(head));
      expect("references", mappings + 1, memMap.refCount(head));
    }

    private static void expect(String what, int expected, int found) {
      if (expected != found) {
        throw new IllegalStateException(what + ": " + found + ", not " + expected);
      }
    }
  }

  /** Reads the total and the mark without the lock under which they change together. */
  public static class ReadsWithoutTheLock extends Engine {
    @Override
    @Operation
    public String counted() {
      int total = memMap.largeMapCount(head);
      return text(total, memMap.testFlag(head, FolioFlags.MAYBE_MAPPED_SHARED));
    }
  }

  @Test
  void areAtomicInEveryInterleavingTried() {
    Lincheck.modelCheck(Engine.class, Sequential.class);
  }

  @Test
  void areAtomicOnRealThreads() {
    Lincheck.stress(Engine.class, Sequential.class);
  }

  @Test
  void aLookWithoutTheLockIsFound() {
    Scenario scenario =
        new Scenario(ReadsWithoutTheLock.class)
            .first("mapByFirst", 0)
            .thread("mapBySecond", 1)
            .thread("counted");
    String story = Lincheck.findInBroken(scenario, Sequential.class);
    assertTrue(story.contains("counted"), story);
  }
}
