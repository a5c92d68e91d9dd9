package dev.elephantfolio.concurrency.lockorder;

import dev.elephantfolio.engine.Machine;
import dev.elephantfolio.engine.Process;
import dev.elephantfolio.engine.mm.MapFlags;
import dev.elephantfolio.engine.mm.Prot;
import dev.elephantfolio.engine.pagetable.PageTableCursor;
import dev.elephantfolio.engine.sync.LockOrderError;
import java.util.concurrent.CountDownLatch;

/**
 * A program with a mistake: one thread locks a page table and then wants mmap_lock, which another
 * has that wants the page table. It never ends, unless the order of locks is checked: then it says
 * so and ends with exit code {@value #NOTICED}.
 */
public final class Deadlock {
  static final int NOTICED = 3;

  /** A line that is printed when each thread holds its first lock. */
  static final String BOTH_HOLD_ONE = "both hold one lock";

  private static final long ADDRESS = 0x1000_0000_0000L;

  private final Process process = Machine.builder().memoryBytes(64L << 20).build().spawn("stuck");
  private final CountDownLatch bothHoldOne = new CountDownLatch(2);

  private Deadlock() {
    int flags = MapFlags.PRIVATE | MapFlags.ANONYMOUS | MapFlags.FIXED;
    long _ = process.mmap(ADDRESS, 4096, Prot.READ | Prot.WRITE, flags);
    process.write(ADDRESS, 1);
  }

  public static void main(String[] args) throws InterruptedException {
    Deadlock deadlock = new Deadlock();
    Thread right = new Thread(deadlock::mmapLockFirst, "right");
    Thread wrong = new Thread(deadlock::tableFirst, "wrong");
    right.start();
    wrong.start();
    right.join();
    wrong.join();
  }

  private void awaitOther() {
    bothHoldOne.countDown();
    try {
      bothHoldOne.await();
      System.out.println(BOTH_HOLD_ONE);
    } catch (InterruptedException e) {
      throw new IllegalStateException(e);
    }
  }

  private void mmapLockFirst() {
    process.memory().mmapWriteLock();
    awaitOther();
    PageTableCursor cursor = new PageTableCursor(process.memory().tables());
    boolean _ = cursor.lockPte(ADDRESS);
    cursor.unlock();
    process.memory().mmapWriteUnlock();
  }

  private void tableFirst() {
    PageTableCursor cursor = new PageTableCursor(process.memory().tables());
    boolean _ = cursor.lockPte(ADDRESS);
    awaitOther();
    try {
      process.memory().mmapReadLock();
    } catch (LockOrderError noticed) {
      System.out.println(noticed.getMessage());
      System.exit(NOTICED);
    }
    process.memory().mmapReadUnlock();
    cursor.unlock();
  }
}
