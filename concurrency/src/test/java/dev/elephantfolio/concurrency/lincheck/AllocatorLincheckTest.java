package dev.elephantfolio.concurrency.lincheck;

import static org.junit.jupiter.api.Assertions.assertTrue;

import dev.elephantfolio.engine.frame.FrameCheck;
import dev.elephantfolio.engine.frame.GfpFlags;
import dev.elephantfolio.engine.frame.MemMap;
import dev.elephantfolio.engine.frame.PageAllocator;
import dev.elephantfolio.engine.sync.Cpus;
import java.util.concurrent.atomic.AtomicIntegerArray;
import org.jetbrains.lincheck.datastructures.IntGen;
import org.jetbrains.lincheck.datastructures.Operation;
import org.jetbrains.lincheck.datastructures.Param;
import org.jetbrains.lincheck.datastructures.ThreadIdGen;
import org.jetbrains.lincheck.datastructures.Validate;
import org.junit.jupiter.api.Test;

/**
 * Buddy lists and per-processor lists: which frames an allocation gets depends on who else asks, so
 * the sequential structure says only that each allocation succeeds, that no frame is given twice,
 * and how much is in use at the end.
 */
class AllocatorLincheckTest {
  private static final int FRAMES = 2048;

  /** Counts. */
  @Param(name = "order", gen = IntGen.class, conf = "0:5")
  @Param(name = "thread", gen = ThreadIdGen.class)
  public static class Sequential {
    static final int THREADS = 8;
    static final int ALLOCATIONS_MAX = 16;

    /** Folios that each thread has, and their orders. */
    final int[] counts = new int[THREADS];

    final int[][] orders = new int[THREADS][ALLOCATIONS_MAX];

    @Operation
    public String allocate(@Param(name = "thread") int thread, @Param(name = "order") int order) {
      orders[thread][counts[thread]++] = order;
      return "frames of its own";
    }

    /** Gives the thread's newest folio back. */
    @Operation
    public int free(@Param(name = "thread") int thread) {
      return counts[thread] == 0 ? -1 : orders[thread][--counts[thread]];
    }

    /** Empties the per-processor lists. */
    @Operation
    public void drain() {}
  }

  /** The engine's. */
  public static class Engine extends Sequential {
    private final MemMap memMap = new MemMap(FRAMES);
    private final PageAllocator pages = new PageAllocator(memMap, new Cpus(2), 0);
    final int[][] pfns = new int[THREADS][ALLOCATIONS_MAX];
    final AtomicIntegerArray owners = new AtomicIntegerArray(FRAMES);

    /** Frames that were free before. */
    private final long free = pages.freePages();

    @Override
    @Operation
    public String allocate(@Param(name = "thread") int thread, @Param(name = "order") int order) {
      int pfn = pages.allocate(order, GfpFlags.KERNEL | GfpFlags.MOVABLE);
      if (pfn == 0) {
        return "refused";
      }
      pfns[thread][counts[thread]] = pfn;
      String _ = super.allocate(thread, order);
      boolean own = true;
      for (int frame = pfn; frame < pfn + (1 << order); frame++) {
        own &= owners.compareAndSet(frame, 0, 1);
      }
      return own ? "frames of its own" : "frames of another";
    }

    @Override
    @Operation
    public int free(@Param(name = "thread") int thread) {
      int order = super.free(thread);
      if (order >= 0) {
        int pfn = pfns[thread][counts[thread]];
        for (int frame = pfn; frame < pfn + (1 << order); frame++) {
          owners.set(frame, 0);
        }
        dropAndFree(pfn, order);
      }
      return order;
    }

    void dropAndFree(int pfn, int order) {
      int left = memMap.put(pfn, 1);
      assert left == 0;
      pages.free(pfn, order);
    }

    @Override
    @Operation
    public void drain() {
      pages.drain();
    }

    /** Every frame is in one place, and as many are in use as were taken. */
    @Validate
    public void check() {
      long taken = 0;
      for (int thread = 0; thread < THREADS; thread++) {
        for (int at = 0; at < counts[thread]; at++) {
          taken += 1L << orders[thread][at];
        }
      }
      long left = pages.freePages() + pages.perCpuPages();
      if (left != free - taken) {
        throw new IllegalStateException(left + " frames free of " + free + ", " + taken + " taken");
      }
      if (checksAllFrames()) {
        long _ = FrameCheck.check(pages);
      }
    }

    /** Whether to walk all frames too; it takes longer than all else. */
    boolean checksAllFrames() {
      return false;
    }
  }

  /** The engine's, with every frame looked at after each run. */
  public static class CheckedEngine extends Engine {
    @Override
    boolean checksAllFrames() {
      return true;
    }
  }

  /** Gives a folio to the allocator before it is done with it. */
  public static class FreesTooEarly extends Engine {
    @Override
    @Operation
    public int free(@Param(name = "thread") int thread) {
      return counts[thread] == 0 ? -1 : freeFirst(thread);
    }

    private int freeFirst(int thread) {
      int at = counts[thread] - 1;
      dropAndFree(pfns[thread][at], orders[thread][at]);
      return forget(thread);
    }

    private int forget(int thread) {
      int order = orders[thread][--counts[thread]];
      int pfn = pfns[thread][counts[thread]];
      for (int frame = pfn; frame < pfn + (1 << order); frame++) {
        owners.set(frame, 0);
      }
      return order;
    }
  }

  @Test
  void noFrameIsGivenTwiceInEveryInterleavingTried() {
    Lincheck.modelCheck(Engine.class, Sequential.class);
  }

  @Test
  void noFrameIsGivenTwiceOnRealThreads() {
    Lincheck.stress(CheckedEngine.class, Sequential.class);
  }

  @Test
  void aFrameThatIsFreedTooEarlyIsFound() {
    // Of an order that goes past the per-processor lists, so that the other meets it at once.
    Scenario scenario =
        new Scenario(FreesTooEarly.class)
            .first("allocate", 1, 4)
            .thread("free", 1)
            .thread("allocate", 2, 4);
    String story = Lincheck.findInBroken(scenario, Sequential.class);
    assertTrue(story.contains("frames of another"), story);
  }
}
