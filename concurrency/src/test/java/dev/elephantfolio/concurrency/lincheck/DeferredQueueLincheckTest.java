package dev.elephantfolio.concurrency.lincheck;

import static org.junit.jupiter.api.Assertions.assertTrue;

import dev.elephantfolio.engine.folio.DeferredSplitQueue;
import dev.elephantfolio.engine.frame.FolioFlags;
import dev.elephantfolio.engine.frame.GfpFlags;
import dev.elephantfolio.engine.frame.MemMap;
import dev.elephantfolio.engine.frame.PageAllocator;
import dev.elephantfolio.engine.stat.ThpStats;
import dev.elephantfolio.engine.stat.VmEvents;
import dev.elephantfolio.engine.sync.Cpus;
import dev.elephantfolio.engine.sync.Mutations;
import java.util.ArrayList;
import java.util.Arrays;
import java.util.LinkedHashSet;
import java.util.List;
import java.util.Set;
import org.jetbrains.lincheck.datastructures.BooleanGen;
import org.jetbrains.lincheck.datastructures.IntGen;
import org.jetbrains.lincheck.datastructures.Operation;
import org.jetbrains.lincheck.datastructures.Param;
import org.junit.jupiter.api.Test;

/**
 * The queue of folios to be split: those who unmap add, those who free remove, a shrinker takes.
 */
class DeferredQueueLincheckTest {
  private static final int FOLIOS = 3;

  /** A queue of numbers; freed folios are passed over. */
  @Param(name = "folio", gen = IntGen.class, conf = "0:2")
  @Param(name = "limit", gen = IntGen.class, conf = "1:2")
  @Param(name = "partial", gen = BooleanGen.class)
  public static class Sequential {
    private final Set<Integer> queue = new LinkedHashSet<>();

    @Operation
    public void add(
        @Param(name = "folio") int folio, @Param(name = "partial") boolean partiallyMapped) {
      queue.add(folio);
    }

    @Operation
    public boolean remove(@Param(name = "folio") int folio) {
      return queue.remove(folio);
    }

    @Operation
    public void putBack(@Param(name = "folio") int folio) {
      queue.add(folio);
    }

    @Operation
    public String takeOldest(@Param(name = "limit") int limit) {
      List<Integer> taken = new ArrayList<>();
      for (int folio : queue) {
        if (taken.size() < limit) {
          taken.add(folio);
        }
      }
      queue.removeAll(taken);
      return taken.toString();
    }

    @Operation
    public int length() {
      return queue.size();
    }
  }

  /** The engine's, of folios of four pages. */
  public static class Engine extends Sequential {
    final MemMap memMap = new MemMap(1024);
    final DeferredSplitQueue deferred;
    private final int[] heads = new int[FOLIOS];

    public Engine() {
      Cpus cpus = new Cpus(2);
      PageAllocator pages = new PageAllocator(memMap, cpus, 0);
      deferred =
          new DeferredSplitQueue(memMap, new VmEvents(cpus), new ThpStats(cpus), Mutations.NONE);
      for (int folio = 0; folio < FOLIOS; folio++) {
        heads[folio] = pages.allocate(2, GfpFlags.KERNEL);
      }
    }

    int head(int folio) {
      return heads[folio];
    }

    @Override
    @Operation
    public void add(
        @Param(name = "folio") int folio, @Param(name = "partial") boolean partiallyMapped) {
      deferred.add(heads[folio], partiallyMapped);
    }

    @Override
    @Operation
    public boolean remove(@Param(name = "folio") int folio) {
      return deferred.remove(heads[folio]);
    }

    @Override
    @Operation
    public void putBack(@Param(name = "folio") int folio) {
      deferred.putBack(heads[folio]);
    }

    @Override
    @Operation
    public String takeOldest(@Param(name = "limit") int limit) {
      int[] taken = new int[limit];
      int count = deferred.takeOldest(taken, limit);
      return Arrays.stream(taken, 0, count).map(this::folio).boxed().toList().toString();
    }

    private int folio(int head) {
      int folio = 0;
      while (heads[folio] != head) {
        folio++;
      }
      return folio;
    }

    @Override
    @Operation
    public int length() {
      return deferred.length();
    }
  }

  /** Looks whether the folio is there before it takes it off. */
  public static class LooksBeforeItRemoves extends Engine {
    @Override
    @Operation
    public boolean remove(@Param(name = "folio") int folio) {
      boolean queued = memMap.testFlag(head(folio), FolioFlags.DEFERRED);
      boolean _ = deferred.remove(head(folio));
      return queued;
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
  void aRemovalThatLooksFirstIsFound() {
    Scenario scenario =
        new Scenario(LooksBeforeItRemoves.class)
            .first("add", 0, true)
            .thread("remove", 0)
            .thread("remove", 0);
    String story = Lincheck.findInBroken(scenario, Sequential.class);
    assertTrue(story.contains("remove(0): true"), story);
  }
}
