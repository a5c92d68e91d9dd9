package dev.elephantfolio.engine.frame;

import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertTrue;

import dev.elephantfolio.engine.sync.Cpus;
import dev.elephantfolio.engine.sync.Seeds;
import java.util.ArrayList;
import java.util.BitSet;
import java.util.List;
import java.util.SplittableRandom;
import org.junit.jupiter.api.Test;

/**
 * Random allocations and frees against a model that knows only which frames are in use: what is
 * free must lie in the lists merged as far as it goes, and an allocation may fail only when the
 * model has no room either.
 */
class BuddyModelTest {
  private static final int FRAMES = 6 << 10;
  private static final int FRAMES_MANAGED = FRAMES - 100;
  private static final int STEPS = 2_000;

  private record Folio(int pfn, int order) {}

  private final MemMap map = new MemMap(FRAMES);
  private final PageAllocator pages = new PageAllocator(map, new Cpus(1), FRAMES - FRAMES_MANAGED);
  private final BitSet used = new BitSet(FRAMES);
  private final List<Folio> folios = new ArrayList<>();

  @Test
  void freeMemoryIsAlwaysMergedAndNeverDenied() {
    long seed = Seeds.next("freeMemoryIsAlwaysMergedAndNeverDenied");
    SplittableRandom random = new SplittableRandom(seed);
    pages.configureWatermarks(0, 0);
    used.set(0);
    used.set(FRAMES_MANAGED, FRAMES);
    for (int step = 0; step < STEPS; step++) {
      // Waves: mostly taking, then mostly giving back.
      boolean take = random.nextInt(100) < (step / 300 % 2 == 0 ? 70 : 30);
      if (take) {
        take(random);
      } else if (!folios.isEmpty()) {
        giveBack(random);
      }
      assertEquals(used.cardinality() - 1 - (FRAMES - FRAMES_MANAGED), FrameCheck.check(pages));
      if (step % 10 == 0) {
        pages.drain();
        checkMerged();
      }
    }
  }

  private void take(SplittableRandom random) {
    int order = Math.min(random.nextInt(16), random.nextInt(PageAllocator.ORDER_MAX + 1));
    int gfp = GfpFlags.KERNEL | (random.nextInt(3) == 0 ? 0 : GfpFlags.MOVABLE);
    gfp |= random.nextInt(9) == 0 ? GfpFlags.RECLAIMABLE : 0;
    int pfn = pages.allocate(order, gfp);
    if (pfn == 0) {
      assertTrue(!hasRoom(order), "denied order " + order);
      return;
    }
    assertEquals(0, pfn & ((1 << order) - 1));
    int taken = used.nextSetBit(pfn);
    assertTrue(taken < 0 || taken >= pfn + (1 << order), "pfn " + pfn + " given twice");
    used.set(pfn, pfn + (1 << order));
    folios.add(new Folio(pfn, order));
  }

  /** Gives a folio back whole, or split into smaller ones of which it keeps some. */
  private void giveBack(SplittableRandom random) {
    int index = random.nextInt(folios.size());
    Folio folio = folios.get(index);
    folios.set(index, folios.getLast());
    folios.removeLast();
    assertTrue(map.freezeRef(folio.pfn, 1));
    int newOrder = folio.order;
    if (folio.order > 0 && random.nextInt(4) == 0) {
      newOrder = random.nextInt(folio.order);
      map.splitFolio(folio.pfn, folio.order, newOrder);
    }
    for (int piece = 0; piece < 1 << folio.order; piece += 1 << newOrder) {
      int pfn = folio.pfn + piece;
      map.unfreezeRef(pfn, 1);
      if (newOrder != folio.order && random.nextInt(3) == 0) {
        folios.add(new Folio(pfn, newOrder));
      } else {
        assertEquals(0, map.put(pfn, 1));
        pages.free(pfn, newOrder);
        used.clear(pfn, pfn + (1 << newOrder));
      }
    }
  }

  /** Whether the zone that everybody may use, or the lower one beyond its reserve, has room. */
  private boolean hasRoom(int order) {
    Zone dma = pages.zones().get(0);
    Zone dma32 = pages.zones().get(1);
    long reserve = dma.lowmemReserve(ZoneKind.DMA32);
    boolean inDma = freeBlocks(dma)[order] > 0 && dma.freeFrames() - ((1 << order) - 1) > reserve;
    return inDma || freeBlocks(dma32)[order] > 0;
  }

  /** How many blocks of each order or above the model could give, by the bits alone. */
  private long[] freeBlocks(Zone zone) {
    long[] exact = mergedBlocks(zone);
    for (int order = PageAllocator.ORDER_MAX; order > 0; order--) {
      exact[order - 1] += exact[order];
    }
    return exact;
  }

  private void checkMerged() {
    for (Zone zone : pages.zones()) {
      long[] expected = mergedBlocks(zone);
      for (int order = 0; order <= PageAllocator.ORDER_MAX; order++) {
        assertEquals(expected[order], zone.freeBlocks(order), zone.kind() + ", order " + order);
      }
    }
  }

  /** The free frames of the zone as aligned blocks that are as large as can be. */
  private long[] mergedBlocks(Zone zone) {
    long[] blocks = new long[PageAllocator.ORDER_MAX + 1];
    int frame = (int) zone.kind().startFrame;
    int end = (int) Math.min(zone.kind().endFrame, FRAMES);
    while (frame < end) {
      int order = PageAllocator.ORDER_MAX;
      while (order >= 0 && !isFree(frame, order)) {
        order--;
      }
      if (order >= 0) {
        blocks[order]++;
      }
      frame += 1 << Math.max(order, 0);
    }
    return blocks;
  }

  private boolean isFree(int frame, int order) {
    int end = frame + (1 << order);
    int taken = used.nextSetBit(frame);
    return (frame & ((1 << order) - 1)) == 0 && end <= FRAMES && (taken < 0 || taken >= end);
  }
}
