package dev.elephantfolio.engine.frame;

import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertTrue;

import dev.elephantfolio.engine.sync.Cpus;
import dev.elephantfolio.engine.sync.Scheduler;
import dev.elephantfolio.engine.sync.Seeds;
import dev.elephantfolio.engine.sync.SyncPoint;
import dev.elephantfolio.engine.sync.SyncPoints;
import dev.elephantfolio.engine.sync.Task;
import dev.elephantfolio.engine.sync.ThreadModel;
import java.util.ArrayList;
import java.util.List;
import java.util.SplittableRandom;
import java.util.concurrent.atomic.AtomicInteger;
import org.junit.jupiter.api.Test;

/**
 * Lock-free references against folios that are split, freed, merged and allocated again under them,
 * at every size. Whoever gets a reference must have a folio that stays one while it has it.
 */
class LateReaderTest {
  private static final int FRAMES = 3 << 10;

  private final MemMap map = new MemMap(FRAMES);
  private final PageAllocator pages = new PageAllocator(map, new Cpus(2), 0);
  private final AtomicInteger owning = new AtomicInteger();
  private final AtomicInteger referenced = new AtomicInteger();

  private void put(int head) {
    int order = map.order(head);
    if (map.put(head, 1) == 0) {
      pages.free(head, order);
    }
  }

  /** Allocates, splits and frees folios; a reader that has a reference may put a split off. */
  private void own(SplittableRandom random, int rounds) {
    for (int round = 0; round < rounds; round++) {
      int order = random.nextInt(8, 11);
      int head = pages.allocate(order, GfpFlags.HIGHUSER_MOVABLE);
      if (head == 0) {
        pages.drain();
        continue;
      }
      int newOrder = random.nextInt(order + 1);
      if (newOrder < order) {
        while (!map.freezeRef(head, 1)) {
          SyncPoints.reach(SyncPoint.OTHER);
        }
        map.splitFolio(head, order, newOrder);
        for (int piece = 0; piece < 1 << order; piece += 1 << newOrder) {
          map.unfreezeRef(head + piece, 1);
        }
      }
      for (int piece = 0; piece < 1 << order; piece += 1 << newOrder) {
        put(head + piece);
      }
    }
  }

  /** Takes references to whatever any frame belongs to. */
  private void read(SplittableRandom random, int roundsMin) {
    for (int round = 0; round < roundsMin || owning.get() > 0; round++) {
      int pfn = random.nextInt(1, FRAMES);
      int head = map.head(pfn);
      if (head == 0 || !map.tryGet(head)) {
        continue;
      }
      if (map.head(pfn) == head) {
        checkStays(pfn, head, random);
        referenced.incrementAndGet();
      }
      put(head);
    }
  }

  private void checkStays(int pfn, int head, SplittableRandom random) {
    int order = map.order(head);
    for (int look = random.nextInt(4); look > 0; look--) {
      SyncPoints.reach(SyncPoint.OTHER);
      assertEquals(order, map.order(head));
      assertEquals(order, map.order(pfn));
      assertTrue(map.refCount(head) > 0);
      assertTrue(
          map.isLarge(head) == order > 0 && Integer.compareUnsigned(pfn - head, 1 << order) < 0);
    }
  }

  private List<Task> tasks(long seed, int owners, int readers, int ownerRounds, int readerRounds) {
    owning.set(owners);
    List<Task> tasks = new ArrayList<>();
    for (int owner = 0; owner < owners; owner++) {
      SplittableRandom random = new SplittableRandom(seed + owner);
      tasks.add(
          new Task(
              "owner" + owner,
              () -> {
                try {
                  own(random, ownerRounds);
                } finally {
                  owning.decrementAndGet();
                }
              }));
    }
    for (int reader = 0; reader < readers; reader++) {
      SplittableRandom random = new SplittableRandom(seed - 1 - reader);
      tasks.add(new Task("reader" + reader, () -> read(random, readerRounds)));
    }
    return tasks;
  }

  private void checkAllFree() {
    assertEquals(0, FrameCheck.check(pages));
    pages.drain();
    assertEquals(0, FrameCheck.check(pages));
    assertEquals(FRAMES - 1, pages.freePages());
  }

  @Test
  void realThreads() {
    long seed = Seeds.next("LateReaderTest.realThreads");
    pages.configureWatermarks(0, 0);
    ThreadModel.real().run(tasks(seed, 2, 2, 3_000, 100_000));
    checkAllFree();
    assertTrue(referenced.get() > 1_000, referenced + " references taken");
  }

  @Test
  void scheduledThreads() {
    long seed = Seeds.next("LateReaderTest.scheduledThreads");
    pages.configureWatermarks(0, 0);
    try (SyncPoints.Activation _ = SyncPoints.activate()) {
      for (int run = 0; run < 30; run++) {
        ThreadModel.scheduled(Scheduler.random(seed + run)).run(tasks(seed + run, 2, 2, 3, 50));
        checkAllFree();
      }
    }
    assertTrue(referenced.get() > 0, "no reference taken");
  }
}
