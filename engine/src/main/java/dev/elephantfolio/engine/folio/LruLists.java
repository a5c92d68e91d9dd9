package dev.elephantfolio.engine.folio;

import dev.elephantfolio.engine.frame.FolioFlags;
import dev.elephantfolio.engine.frame.MemMap;
import dev.elephantfolio.engine.stat.NodeStat;
import dev.elephantfolio.engine.stat.NodeStats;
import dev.elephantfolio.engine.stat.VmEvents;
import dev.elephantfolio.engine.sync.Cpus;
import dev.elephantfolio.engine.sync.LockRank;
import dev.elephantfolio.engine.sync.SpinLock;
import java.util.function.IntConsumer;
import org.jspecify.annotations.Nullable;

/**
 * The LRU lists, and the per-processor batches through which folios get onto them.
 *
 * <p>A folio in a batch carries a reference of the batch and no LRU flag yet; before a large one
 * the batch empties itself, and it goes to its list at once. Whoever needs an exact reference count
 * drains first, which also works off what {@link MlockBatches} gathered.
 *
 * <pre>
 *  field                       | guarded by
 *  ----------------------------+-------------------------------------------
 *  first, last, links          | lock; of folios that come or go together, the links among
 *                              | themselves are their owner's
 *  LRU flag                    | set under lock, or after it by a batch; cleared by who isolates
 *  count of mlocks             | lock (lruPrev of a folio on the unevictable list, which has no
 *                              | links); 0 whenever a folio comes through a batch
 *  a batch                     | its own lock (taken before lock)
 * </pre>
 *
 * <p>Behaviour: mm/swap.c and mm/mlock.c of 6.18.
 */
public final class LruLists {
  /** The flags that name a folio's list. */
  private static final int NAMING =
      FolioFlags.UNEVICTABLE | FolioFlags.ACTIVE | FolioFlags.SWAPBACKED | FolioFlags.MLOCKED;

  /** With one of them set, coming to a list may change what the flags name. */
  private static final int KEPT = FolioFlags.UNEVICTABLE | FolioFlags.MLOCKED;

  private static final LruList[] LISTED = LruList.values();
  private static final int LISTS = LISTED.length;
  private static final int UNEVICTABLE = LruList.UNEVICTABLE.ordinal();
  private static final int NO_LIST = -1;
  private static final int FIRST_FILE = LruList.INACTIVE_FILE.ordinal();
  private static final NodeStat[] SIZES = {
    NodeStat.NR_INACTIVE_ANON,
    NodeStat.NR_ACTIVE_ANON,
    NodeStat.NR_INACTIVE_FILE,
    NodeStat.NR_ACTIVE_FILE,
    NodeStat.NR_UNEVICTABLE
  };

  private final MemMap memMap;
  private final Cpus cpus;
  private final NodeStats stats;
  private final IntConsumer put;
  private final SpinLock lock = new SpinLock(LockRank.LRU);
  private final int[] first = new int[LISTS];
  private final int[] last = new int[LISTS];

  private final FolioBatch[] batches;
  private final MlockBatches mlocks;

  /**
   * @param put drops one reference of a folio head
   */
  LruLists(MemMap memMap, Cpus cpus, NodeStats stats, VmEvents events, IntConsumer put) {
    this.memMap = memMap;
    this.cpus = cpus;
    this.stats = stats;
    this.put = put;
    this.batches = new FolioBatch[cpus.count()];
    for (int i = 0; i < batches.length; i++) {
      batches[i] = new FolioBatch();
    }
    this.mlocks = new MlockBatches(this, memMap, cpus, stats, events, put);
  }

  MlockBatches mlocks() {
    return mlocks;
  }

  /** Puts a folio that is on no list on the one that its flags name, sooner or later. */
  public void add(int head) {
    FolioBatch batch = batches[cpus.current()];
    batch.lock.lock();
    if (memMap.isLarge(head)) {
      drain(batch);
      putBack(head);
    } else {
      memMap.get(head, 1);
      if (batch.add(head)) {
        drain(batch);
      }
    }
    batch.lock.unlock();
  }

  /**
   * As {@link #add}, of {@code count} small folios that go with the reference their owner drops:
   * the batch would only free them. They take places, since others notice when a batch is full.
   */
  public void addForgotten(int count) {
    FolioBatch batch = batches[cpus.current()];
    batch.lock.lock();
    for (int i = 0; i < count; i++) {
      if (batch.add(FolioBatch.NONE)) {
        drain(batch);
      }
    }
    batch.lock.unlock();
  }

  /** Empties the batches of the processor that runs this thread. */
  public void drainLocal() {
    drainLocked(batches[cpus.current()]);
    mlocks.drainLocal();
  }

  /** Empties every processor's batches. */
  public void drainAll() {
    for (int cpu = 0; cpu < batches.length; cpu++) {
      drainLocked(batches[cpu]);
      mlocks.drain(cpu);
    }
  }

  private void drainLocked(FolioBatch batch) {
    batch.lock.lock();
    drain(batch);
    batch.lock.unlock();
  }

  private void drain(FolioBatch batch) {
    if (batch.count() == 0) {
      return;
    }
    batch.removeIf(this::dropIfForgotten);
    int list = listOfAll(batch);
    if (list == NO_LIST) {
      linkSingly(batch);
    } else {
      linkTogether(batch, list);
    }
    batch.forEach(put);
    batch.clear();
  }

  /** A folio that only the batch refers to is freed by it, and need not see its list before. */
  private boolean dropIfForgotten(int head) {
    if (memMap.refCount(head) > 1) {
      return false;
    }
    put.accept(head);
    return true;
  }

  /** The list to which all folios of the batch go, if there is one and none is mlocked. */
  private int listOfAll(FolioBatch batch) {
    int list = NO_LIST;
    for (int i = 0; i < batch.count(); i++) {
      int flags = memMap.flags(batch.head(i), NAMING);
      int its = (flags & KEPT) == 0 ? listNamedBy(flags) : NO_LIST;
      if (its == NO_LIST || (i > 0 && its != list)) {
        return NO_LIST;
      }
      list = its;
    }
    return list;
  }

  /**
   * Links the batch's folios among themselves first, so that they need the lock for two links only.
   * Until they have the LRU flag they look as if they were in the batch still, whose references
   * they keep that long.
   */
  private void linkTogether(FolioBatch batch, int list) {
    int oldest = batch.head(0);
    int newest = oldest;
    for (int i = 1; i < batch.count(); i++) {
      int head = batch.head(i);
      memMap.setLruPrev(newest, head);
      memMap.setLruNext(head, newest);
      newest = head;
    }
    lock.lock();
    pushFront(list, newest, oldest);
    lock.unlock();
    batch.forEach(head -> memMap.setFlag(head, FolioFlags.LRU));
    stats.add(SIZES[list], batch.count());
  }

  private void linkSingly(FolioBatch batch) {
    lock.lock();
    batch.forEach(this::link);
    lock.unlock();
  }

  /** Visits every folio that a batch refers to; for checks, on a machine at rest. */
  public void forEachBatched(IntConsumer visitor) {
    for (FolioBatch batch : batches) {
      batch.forEach(visitor);
    }
    mlocks.forEach(visitor);
  }

  /**
   * Visits the folios of a list from the newest on, none of the unevictable one; for checks, on a
   * machine at rest.
   *
   * @throws IllegalStateException where the links do not agree
   */
  public void forEachListed(LruList list, IntConsumer visitor) {
    int before = 0;
    for (int head = first[list.ordinal()]; head != 0; head = memMap.lruNext(head)) {
      expectLink(list, head, before, memMap.lruPrev(head));
      visitor.accept(head);
      before = head;
    }
    expectLink(list, 0, before, last[list.ordinal()]);
  }

  private void expectLink(LruList list, int head, int before, int found) {
    if (found != before) {
      throw new IllegalStateException(
          "%s: before %s comes pfn %d, but the link says %d"
              .formatted(list, head == 0 ? "the end" : memMap.describe(head), before, found));
    }
  }

  /** The list that the folio is on, or null. */
  public @Nullable LruList listOf(int head) {
    int flags = memMap.flags(head, NAMING | FolioFlags.LRU);
    return (flags & FolioFlags.LRU) == 0 ? null : LISTED[listNamedBy(flags)];
  }

  /** What counts the pages of a list. */
  public static NodeStat sizeOf(LruList list) {
    return SIZES[list.ordinal()];
  }

  /** Takes {@code head} off its list to work on it; false when it is on none. */
  public boolean isolate(int head) {
    if (!memMap.testAndClearFlag(head, FolioFlags.LRU)) {
      return false;
    }
    lock.lock();
    unlink(head);
    lock.unlock();
    return true;
  }

  /** Puts a folio that is on no list on the one that its flags name now, at once. */
  public void putBack(int head) {
    lock.lock();
    link(head);
    lock.unlock();
  }

  // For the mlock batches.

  /** A new folio of a locked area, which is on no list, comes to one with its mlock counted. */
  void addMlocked(int head) {
    lock.lock();
    linkMlocked(head);
    lock.unlock();
  }

  /** Counts an mlock of a folio on a list; of one that is on none, nothing can be counted. */
  void countMlock(int head) {
    if (!memMap.testAndClearFlag(head, FolioFlags.LRU)) {
      return;
    }
    lock.lock();
    boolean mlocked = memMap.testFlag(head, FolioFlags.MLOCKED);
    if (mlocked && memMap.testFlag(head, FolioFlags.UNEVICTABLE)) {
      memMap.setLruPrev(head, memMap.lruPrev(head) + 1);
      memMap.setFlag(head, FolioFlags.LRU);
    } else {
      // Somebody else may have taken the mlock off already: then it goes where it belongs now.
      unlink(head);
      linkMlocked(head);
    }
    lock.unlock();
  }

  private void linkMlocked(int head) {
    link(head);
    if (memMap.testFlag(head, FolioFlags.UNEVICTABLE)) {
      memMap.setLruPrev(head, 1);
    }
  }

  /**
   * Uncounts an mlock of a folio on the unevictable list; whether others are left.
   *
   * @param isolated whether the caller has taken the folio's LRU flag
   */
  boolean staysMlocked(int head, boolean isolated) {
    if (!isolated || !memMap.testFlag(head, FolioFlags.UNEVICTABLE)) {
      return false;
    }
    lock.lock();
    int left = Math.max(0, memMap.lruPrev(head) - 1);
    memMap.setLruPrev(head, left);
    lock.unlock();
    return left > 0;
  }

  /** Ends an isolation that has only taken the LRU flag, after MLOCKED may have gone. */
  void endLook(int head) {
    lock.lock();
    unlink(head);
    link(head);
    lock.unlock();
  }

  /** As {@link #endLook} when nothing has changed. */
  void endLookUnchanged(int head) {
    memMap.setFlag(head, FolioFlags.LRU);
  }

  /** Takes a folio that nobody refers to any more off its list. */
  void removeFreed(int head) {
    boolean _ = isolate(head);
  }

  /**
   * Takes the LRU flag of a small folio that nobody refers to, if it has one; it is to leave its
   * list with the others of {@code runs}.
   */
  void gatherFreed(int head, LruRuns runs) {
    int flags = memMap.getAndClearFlags(head, FolioFlags.LRU);
    if ((flags & FolioFlags.LRU) != 0) {
      runs.add(head, listNamedBy(flags));
    }
  }

  /** Takes off their lists what was gathered, and empties {@code runs}. */
  void removeFreed(LruRuns runs) {
    if (runs.count() == 0) {
      return;
    }
    lock.lock();
    for (int run = 0; run < runs.count(); run++) {
      unlink(runs.list(run), runs.newest(run), runs.oldest(run));
    }
    lock.unlock();
    for (int run = 0; run < runs.count(); run++) {
      stats.add(SIZES[runs.list(run)], -runs.folios(run));
    }
    runs.clear();
  }

  /** Adds the parts of a split folio beside it: they are on the list that the whole was on. */
  void addSplit(int head) {
    lock.lock();
    link(head);
    lock.unlock();
  }

  /** Makes the folio active, wherever it is. */
  public void activate(int head) {
    if (memMap.testFlag(head, FolioFlags.ACTIVE) || memMap.testFlag(head, FolioFlags.UNEVICTABLE)) {
      return;
    }
    if (isolate(head)) {
      memMap.setFlag(head, FolioFlags.ACTIVE);
      putBack(head);
    }
  }

  /** Makes the folio inactive: the next one that reclaim looks at. */
  public void deactivate(int head) {
    if (!memMap.testFlag(head, FolioFlags.UNEVICTABLE) && isolate(head)) {
      memMap.clearFlag(head, FolioFlags.ACTIVE);
      memMap.clearFlag(head, FolioFlags.REFERENCED);
      putBack(head);
    }
  }

  private static int listNamedBy(int flags) {
    if ((flags & FolioFlags.UNEVICTABLE) != 0) {
      return UNEVICTABLE;
    }
    int active = (flags & FolioFlags.ACTIVE) != 0 ? 1 : 0;
    return (flags & FolioFlags.SWAPBACKED) != 0 ? active : FIRST_FILE + active;
  }

  private void link(int head) {
    int list = listNamedBy(evictability(head));
    if (list == UNEVICTABLE) {
      memMap.setLruPrev(head, 0);
    } else {
      pushFront(list, head, head);
    }
    memMap.setFlag(head, FolioFlags.LRU);
    stats.add(SIZES[list], memMap.pages(head));
  }

  /**
   * Puts folios that are linked among themselves, or one, before the first of an evictable list.
   */
  private void pushFront(int list, int newest, int oldest) {
    int oldFirst = first[list];
    memMap.setLruPrev(newest, 0);
    memMap.setLruNext(oldest, oldFirst);
    if (oldFirst == 0) {
      last[list] = oldest;
    } else {
      memMap.setLruPrev(oldFirst, oldest);
    }
    first[list] = newest;
  }

  /** Makes UNEVICTABLE follow MLOCKED; the flags then. */
  private int evictability(int head) {
    int flags = memMap.flags(head, NAMING);
    if ((flags & FolioFlags.MLOCKED) != 0) {
      memMap.setFlag(head, FolioFlags.UNEVICTABLE);
      memMap.clearFlag(head, FolioFlags.ACTIVE);
      return memMap.flags(head, NAMING);
    }
    if ((flags & FolioFlags.UNEVICTABLE) != 0) {
      memMap.clearFlag(head, FolioFlags.UNEVICTABLE);
      return memMap.flags(head, NAMING);
    }
    return flags;
  }

  private void unlink(int head) {
    int list = listNamedBy(memMap.flags(head, NAMING));
    unlink(list, head, head);
    stats.add(SIZES[list], -memMap.pages(head));
  }

  /** Takes a run of neighbours off their list; the unevictable one has no links. */
  private void unlink(int list, int newest, int oldest) {
    if (list == UNEVICTABLE) {
      return;
    }
    int previous = memMap.lruPrev(newest);
    int next = memMap.lruNext(oldest);
    if (previous == 0) {
      first[list] = next;
    } else {
      memMap.setLruNext(previous, next);
    }
    if (next == 0) {
      last[list] = previous;
    } else {
      memMap.setLruPrev(next, previous);
    }
  }
}
