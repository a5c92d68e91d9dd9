package dev.elephantfolio.engine.thp;

import dev.elephantfolio.engine.Kernel;
import dev.elephantfolio.engine.mm.AddressSpace;
import dev.elephantfolio.engine.mm.MmFlags;
import dev.elephantfolio.engine.mm.Vma;
import java.util.concurrent.TimeUnit;
import java.util.concurrent.atomic.AtomicBoolean;
import java.util.concurrent.atomic.AtomicLong;
import org.jspecify.annotations.Nullable;

/**
 * The daemon that makes huge pages of small ones: wakes up, looks at {@code pages_to_scan} pages,
 * collapses what it may, and sleeps {@code scan_sleep_millisecs}; {@code alloc_sleep_millisecs}
 * when no huge page could be had.
 *
 * <p>Address spaces come to its list with {@link #enter} and leave it with {@link #exit}; both may
 * be called from any thread. The work itself is driven in one of two ways, never both at a time:
 *
 * <ul>
 *   <li>by a simulated clock: {@link #advanceTo} does what is due until then, {@link #fullScans}
 *       works without sleeping;
 *   <li>by a thread of its own and the real clock: {@link #start} and {@link #stop}.
 * </ul>
 *
 * <pre>
 *  due (simulated clock)  | means
 *  -----------------------+---------------------------------------------------------
 *  NEVER                  | switched off, or no address space to look at: waits to be woken
 *  t                      | sleeps until t
 * </pre>
 *
 * <p>Behaviour: khugepaged and khugepaged_wait_work, mm/khugepaged.c of 6.18.
 */
public final class Khugepaged {
  private static final long NEVER = Long.MAX_VALUE;

  private final Kernel kernel;
  private final MmSlots slots = new MmSlots();
  private final Collapser collapser;
  private final KhugepagedScan scan;
  private final KhugepagedCounts counts;
  private final KhugepagedCosts costs;

  /** Set while somebody works: there is one daemon. */
  private final AtomicBoolean working = new AtomicBoolean();

  private final AtomicLong dueNanos = new AtomicLong(NEVER);
  private volatile long nowNanos;

  /** Whether the round under way waits for memory. Of whoever works. */
  private boolean waitsForMemory;

  /** A round ends with this many full scans, though its pages are not through. Of whoever works. */
  private int scansWanted = Integer.MAX_VALUE;

  private volatile boolean enabled;
  private volatile @Nullable KhugepagedThread thread;

  public Khugepaged(Kernel kernel) {
    this(kernel, new Collapser(kernel), KhugepagedCosts.TYPICAL);
  }

  public Khugepaged(Kernel kernel, Collapser collapser, KhugepagedCosts costs) {
    this.kernel = kernel;
    this.collapser = collapser;
    this.scan = new KhugepagedScan(kernel, collapser, slots);
    this.counts = kernel.thp().khugepagedCounts();
    this.costs = costs;
    this.enabled = kernel.thp().knobs().pmdEnabled();
    kernel.thp().addListener(this::written);
  }

  // The list.

  /**
   * Tells that {@code vma}, taken with {@code vmFlags}, may have become a place worth looking at:
   * its address space joins the list, unless it is there or may have no huge page in that area.
   */
  public void enter(Vma vma, long vmFlags) {
    if (!vma.mm().hasFlag(MmFlags.HUGEPAGE)
        && kernel.thp().knobs().pmdEnabled()
        && kernel.thpOrders().allowsPmd(vma, vmFlags, Purpose.KHUGEPAGED)) {
      enter(vma.mm());
    }
  }

  private void enter(AddressSpace mm) {
    if (!mm.testAndSetFlag(MmFlags.HUGEPAGE) && slots.add(mm)) {
      wakeIfIdle();
    }
  }

  /** The child of an address space on the list joins it too. */
  public void fork(AddressSpace child, AddressSpace parent) {
    if (parent.hasFlag(MmFlags.HUGEPAGE)) {
      enter(child);
    }
  }

  /**
   * The address space, which has no user left, is about to be torn down: on return nobody here
   * looks at its page tables any more.
   */
  public void exit(AddressSpace mm) {
    if (!mm.hasFlag(MmFlags.HUGEPAGE)) {
      return;
    }
    switch (slots.remove(mm)) {
      case REMOVED -> mm.clearFlag(MmFlags.HUGEPAGE);
      case BEING_SCANNED -> {
        // The scan looks for users with mmap_lock held: wait for one that found some.
        mm.mmapWriteLock();
        mm.mmapWriteUnlock();
      }
      case ABSENT -> {}
    }
  }

  // Waking.

  private void wakeIfIdle() {
    dueNanos.compareAndSet(NEVER, nowNanos);
    KhugepagedThread running = thread;
    if (running != null) {
      running.wakeIfIdle();
    }
  }

  private void wake() {
    dueNanos.set(nowNanos);
    KhugepagedThread running = thread;
    if (running != null) {
      running.wake();
    }
  }

  private void written(String key, ThpKnobs now) {
    boolean wasEnabled = enabled;
    enabled = now.pmdEnabled();
    if (wasEnabled != enabled || key.endsWith("_sleep_millisecs")) {
      wake();
    }
  }

  // Working.

  /**
   * Works, or begins to sleep.
   *
   * @return nanoseconds to sleep from now; NEVER to wait to be woken
   */
  long step() {
    if (!enabled) {
      scan.stop();
      waitsForMemory = false;
      return NEVER;
    }
    KhugepagedScan.End end =
        waitsForMemory
            ? scan.resume(this::isStopping)
            : scan.round(pagesToScan(), this::isStopping);
    waitsForMemory = end == KhugepagedScan.End.OUT_OF_MEMORY;
    KhugepagedKnobs knobs = kernel.thp().knobs().khugepaged();
    if (waitsForMemory) {
      return TimeUnit.MILLISECONDS.toNanos(knobs.allocSleepMillis());
    }
    return scan.hasWork() ? TimeUnit.MILLISECONDS.toNanos(knobs.scanSleepMillis()) : NEVER;
  }

  private long pagesToScan() {
    boolean wholeScans = scansWanted != Integer.MAX_VALUE;
    return wholeScans ? Long.MAX_VALUE : kernel.thp().knobs().khugepaged().pagesToScan();
  }

  private boolean isStopping() {
    KhugepagedThread running = thread;
    return !enabled
        || counts.fullScans() >= scansWanted
        || (running != null && running.isStopping());
  }

  private void beginWork() {
    if (!working.compareAndSet(false, true)) {
      throw new IllegalStateException("khugepaged is at work already");
    }
  }

  private void endWork() {
    working.set(false);
  }

  /**
   * Sets the simulated clock, which never goes back, and does all that is due until then.
   *
   * @throws IllegalStateException while khugepaged runs as a thread, or another call is at work
   */
  public void advanceTo(long nanos) {
    if (dueNanos.get() > nanos) {
      nowNanos = Math.max(nowNanos, nanos);
      return;
    }
    beginWork();
    try {
      long due = dueNanos.get();
      while (due <= nanos) {
        nowNanos = Math.max(nowNanos, due);
        stepByClock();
        due = dueNanos.get();
      }
      nowNanos = Math.max(nowNanos, nanos);
    } finally {
      endWork();
    }
  }

  private void stepByClock() {
    int collapsedBefore = counts.pagesCollapsed();
    long seenBefore = scan.seen();
    dueNanos.set(NEVER);
    long sleep = step();
    if (sleep != NEVER) {
      long work = costs.nanos(scan.seen() - seenBefore, counts.pagesCollapsed() - collapsedBefore);
      dueNanos.set(nowNanos + work + sleep);
    } else if (scan.hasWork()) {
      // Somebody came between the last look and now.
      dueNanos.compareAndSet(NEVER, nowNanos);
    }
  }

  /**
   * As if khugepaged had been at work for long and now slept until {@code nanos}: what it does on a
   * machine where other processes were there before.
   */
  public void sleepUntil(long nanos) {
    dueNanos.set(nanos);
  }

  /**
   * Works without sleeping until {@code times} more full scans are through, and not beyond: the
   * next one begins at the head of the list. A scan is one round, whatever {@code pages_to_scan}
   * says: at the beginning of each round folios on their way to the LRU lists arrive there, so that
   * what a scan can collapse depends on how many rounds it takes.
   *
   * @return false when there was nothing to scan before that
   * @throws IllegalStateException while khugepaged runs as a thread, or another call is at work
   */
  public boolean fullScans(int times) {
    beginWork();
    try {
      int target = counts.fullScans() + times;
      scansWanted = target;
      while (counts.fullScans() < target && scan.hasWork()) {
        long _ = step();
      }
      return counts.fullScans() >= target;
    } finally {
      scansWanted = Integer.MAX_VALUE;
      endWork();
    }
  }

  /**
   * Runs khugepaged as a thread, by the real clock.
   *
   * @throws IllegalStateException when it is at work already
   */
  public void start() {
    beginWork();
    KhugepagedThread running = new KhugepagedThread(this::step, scan::hasWork);
    thread = running;
    running.start();
  }

  /** Ends the thread, if there is one, and waits for its end. */
  public void stop() {
    KhugepagedThread running = thread;
    if (running != null) {
      running.end();
      thread = null;
      scan.stop();
      waitsForMemory = false;
      endWork();
    }
  }

  Collapser collapser() {
    return collapser;
  }

  /** What it has done so far. */
  public KhugepagedCounts counts() {
    return counts;
  }
}
