package dev.elephantfolio.engine.sync;

import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertFalse;
import static org.junit.jupiter.api.Assertions.assertTrue;

import java.util.ArrayList;
import java.util.List;
import java.util.SplittableRandom;
import java.util.concurrent.atomic.AtomicInteger;
import org.junit.jupiter.api.Test;

/** The locks under real threads: more of them than processors. */
class LockStressTest {
  private static final int THREADS = 6;
  private static final int ROUNDS = 20_000;

  /** Two plain numbers that only a lock keeps equal. */
  private static final class Pair {
    private long first;
    private long second;

    void increment() {
      first++;
      second++;
    }

    void check() {
      assertEquals(first, second);
    }
  }

  private static void runAll(String name, int threads, Runnable body) {
    List<Task> tasks = new ArrayList<>();
    for (int thread = 0; thread < threads; thread++) {
      tasks.add(new Task(name + thread, body));
    }
    ThreadModel.real().run(tasks);
  }

  @Test
  void aSpinLockExcludes() {
    SpinLock lock = new SpinLock(LockRank.PTE);
    Pair pair = new Pair();
    runAll(
        "spinner",
        THREADS,
        () -> {
          for (int round = 0; round < ROUNDS; round++) {
            lock.lock();
            pair.check();
            pair.increment();
            lock.unlock();
          }
        });
    assertEquals((long) THREADS * ROUNDS, pair.first);
    assertFalse(lock.isLocked());
  }

  @Test
  void readersShareAndWritersExclude() {
    RwSemaphore semaphore = new RwSemaphore(LockRank.MMAP_LOCK);
    Pair pair = new Pair();
    AtomicInteger writes = new AtomicInteger();
    AtomicInteger numbers = new AtomicInteger();
    long seed = Seeds.next("readersShareAndWritersExclude");
    runAll(
        "user",
        THREADS,
        () -> {
          SplittableRandom random = new SplittableRandom(seed + numbers.getAndIncrement());
          for (int round = 0; round < ROUNDS; round++) {
            writes.addAndGet(useOnce(semaphore, pair, random.nextInt(8)));
          }
        });
    assertEquals(writes.get(), pair.first);
    assertFalse(semaphore.isLocked());
    assertFalse(semaphore.isContended());
  }

  /** Takes and releases in one of the ways; returns 1 when it wrote. */
  private static int useOnce(RwSemaphore semaphore, Pair pair, int way) {
    return switch (way) {
      case 0 -> {
        semaphore.writeLock();
        pair.increment();
        semaphore.writeUnlock();
        yield 1;
      }
      case 1 -> {
        semaphore.writeLock();
        pair.increment();
        semaphore.downgrade();
        pair.check();
        semaphore.readUnlock();
        yield 1;
      }
      case 2 -> {
        boolean took = semaphore.tryWriteLock();
        if (took) {
          pair.increment();
          semaphore.writeUnlock();
        }
        yield took ? 1 : 0;
      }
      case 3 -> {
        if (semaphore.tryReadLock()) {
          pair.check();
          semaphore.readUnlock();
        }
        yield 0;
      }
      default -> {
        semaphore.readLock();
        pair.check();
        semaphore.readUnlock();
        yield 0;
      }
    };
  }

  @Test
  void aWriterGetsInAmongReadersThatNeverPause() {
    RwSemaphore semaphore = new RwSemaphore(LockRank.MMAP_LOCK);
    AtomicInteger wrote = new AtomicInteger();
    List<Task> tasks = new ArrayList<>();
    for (int reader = 0; reader < 3; reader++) {
      tasks.add(
          new Task(
              "reader" + reader,
              () -> {
                while (wrote.get() < 100) {
                  semaphore.readLock();
                  semaphore.readUnlock();
                }
              }));
    }
    tasks.add(
        new Task(
            "writer",
            () -> {
              for (int round = 0; round < 100; round++) {
                semaphore.writeLock();
                wrote.incrementAndGet();
                semaphore.writeUnlock();
              }
            }));
    ThreadModel.real().run(tasks);
    assertEquals(100, wrote.get());
  }

  @Test
  void aWaiterIsWokenWhateverTheTiming() {
    WaitTable table = new WaitTable();
    AtomicInteger turn = new AtomicInteger();
    List<Task> tasks = new ArrayList<>();
    for (int player = 0; player < 3; player++) {
      int number = player;
      tasks.add(
          new Task(
              "player" + player,
              () -> {
                for (int round = 0; round < 3_000; round++) {
                  table.await(42, () -> turn.get() % 3 == number);
                  turn.incrementAndGet();
                  table.wake(42);
                }
              }));
    }
    ThreadModel.real().run(tasks);
    assertEquals(9_000, turn.get());
  }

  @Test
  void threadsGetProcessorsInTurnAndKeepThem() {
    Cpus cpus = new Cpus(3);
    AtomicInteger seen = new AtomicInteger();
    runAll(
        "thread",
        3,
        () -> {
          int mine = cpus.current();
          for (int round = 0; round < 1_000; round++) {
            assertEquals(mine, cpus.current());
          }
          seen.addAndGet(1 << (8 * mine));
        });
    assertEquals(0x010101, seen.get());
    assertTrue(cpus.current() < 3);
  }
}
