package dev.elephantfolio.engine.sync;

import java.lang.invoke.MethodHandles;
import java.lang.invoke.VarHandle;

/**
 * The machine's processors, as far as per-processor state is concerned: which number a thread runs
 * on.
 *
 * <p>Threads get numbers in the order in which they first ask, round and round. A thread keeps its
 * number unless more than a thousand threads ask, when it may move, as under any scheduler; what is
 * kept per processor therefore has a lock or atomic counts. In a scheduled run a task's number is
 * its place in the list of tasks.
 */
public final class Cpus {
  /** The largest number of processors. */
  public static final int COUNT_MAX = 256;

  private static final VarHandle SLOT = MethodHandles.arrayElementVarHandle(long[].class);
  private static final int SLOTS = 1024;
  private static final int CPU_BITS = 8;
  private static final int CPU_MASK = (1 << CPU_BITS) - 1;

  private final int count;

  /** Each slot: a thread's id above, its processor below. Atomic. */
  private final long[] slots = new long[SLOTS];

  /** Guarded by this. */
  private int assigned;

  /**
   * @param count processors, 1 to {@link #COUNT_MAX}
   */
  public Cpus(int count) {
    if (count < 1 || count > COUNT_MAX) {
      throw new IllegalArgumentException("processors: 1 to " + COUNT_MAX + ", not " + count);
    }
    this.count = count;
  }

  public int count() {
    return count;
  }

  /** The processor the calling thread runs on, below {@link #count}. */
  public int current() {
    if (SyncPoints.active()) {
      int task = ScheduledRun.currentTask();
      if (task >= 0) {
        return task % count;
      }
    }
    long threadId = Thread.currentThread().threadId();
    long slot = (long) SLOT.getOpaque(slots, (int) threadId & (SLOTS - 1));
    return slot >>> CPU_BITS == threadId ? (int) slot & CPU_MASK : assign(threadId);
  }

  private synchronized int assign(long threadId) {
    int cpu = assigned++ % count;
    if (assigned == count) {
      assigned = 0;
    }
    SLOT.setOpaque(slots, (int) threadId & (SLOTS - 1), threadId << CPU_BITS | cpu);
    return cpu;
  }
}
