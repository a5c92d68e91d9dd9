package dev.elephantfolio.engine.folio;

import dev.elephantfolio.engine.frame.FolioFlags;
import dev.elephantfolio.engine.frame.MemMap;
import dev.elephantfolio.engine.stat.NodeStat;
import dev.elephantfolio.engine.stat.NodeStats;
import dev.elephantfolio.engine.stat.VmEvent;
import dev.elephantfolio.engine.stat.VmEvents;
import dev.elephantfolio.engine.sync.Cpus;
import dev.elephantfolio.engine.sync.LockRank;
import dev.elephantfolio.engine.sync.SpinLock;
import java.util.function.IntConsumer;

/**
 * The per-processor batches of folios that locked areas map or map no longer. A folio in a batch
 * carries a reference of it; a large one makes the batch empty itself at once.
 *
 * <pre>
 *  kind     | MLOCKED        | when the batch is worked off
 *  ---------+----------------+--------------------------------------------------------------
 *  NEW      | set at once    | goes to its list, with one mlock counted
 *  MLOCK    | set at once    | one more mlock is counted, if the folio is on a list by then
 *  MUNLOCK  | later          | one mlock less; MLOCKED goes with the last, and with one that
 *           |                | could not be counted
 * </pre>
 *
 * <p>A batch has its own lock, taken before that of the lists. Behaviour: mm/mlock.c of 6.18.
 */
final class MlockBatches {
  private static final int SIZE = 31;

  private enum Kind {
    NEW,
    MLOCK,
    MUNLOCK
  }

  private static final class Batch {
    final SpinLock lock = new SpinLock(LockRank.LRU_BATCH);
    final int[] heads = new int[SIZE];
    final Kind[] kinds = new Kind[SIZE];
    int count;
  }

  private final LruLists lists;
  private final MemMap memMap;
  private final Cpus cpus;
  private final NodeStats stats;
  private final VmEvents events;
  private final IntConsumer put;
  private final Batch[] batches;

  MlockBatches(
      LruLists lists, MemMap memMap, Cpus cpus, NodeStats stats, VmEvents events, IntConsumer put) {
    this.lists = lists;
    this.memMap = memMap;
    this.cpus = cpus;
    this.stats = stats;
    this.events = events;
    this.put = put;
    this.batches = new Batch[cpus.count()];
    for (int i = 0; i < batches.length; i++) {
      batches[i] = new Batch();
    }
  }

  /** A new folio, on no list yet, that a locked area maps: comes to its list by this batch. */
  void mlockNew(int head) {
    mark(head);
    add(head, Kind.NEW);
  }

  /** A locked area maps the folio as a whole. */
  void mlock(int head) {
    if (!memMap.testFlag(head, FolioFlags.MLOCKED)) {
      mark(head);
    }
    add(head, Kind.MLOCK);
  }

  /** A locked area maps the folio, or a part of it, no longer. */
  void munlock(int head) {
    add(head, Kind.MUNLOCK);
  }

  private void mark(int head) {
    if (!memMap.testAndSetFlag(head, FolioFlags.MLOCKED)) {
      stats.add(NodeStat.NR_MLOCK, memMap.pages(head));
      events.count(VmEvent.UNEVICTABLE_PGS_MLOCKED, memMap.pages(head));
    }
  }

  private void add(int head, Kind kind) {
    Batch batch = batches[cpus.current()];
    batch.lock.lock();
    memMap.get(head, 1);
    batch.heads[batch.count] = head;
    batch.kinds[batch.count++] = kind;
    if (batch.count == SIZE || memMap.isLarge(head)) {
      workOff(batch);
    }
    batch.lock.unlock();
  }

  void drainLocal() {
    drain(cpus.current());
  }

  void drain(int cpu) {
    Batch batch = batches[cpu];
    batch.lock.lock();
    workOff(batch);
    batch.lock.unlock();
  }

  private void workOff(Batch batch) {
    for (int i = 0; i < batch.count; i++) {
      int head = batch.heads[i];
      switch (batch.kinds[i]) {
        case NEW -> lists.addMlocked(head);
        case MLOCK -> lists.countMlock(head);
        case MUNLOCK -> uncount(head);
      }
    }
    for (int i = 0; i < batch.count; i++) {
      put.accept(batch.heads[i]);
    }
    batch.count = 0;
  }

  private void uncount(int head) {
    boolean isolated = memMap.testAndClearFlag(head, FolioFlags.LRU);
    if (lists.staysMlocked(head, isolated)) {
      lists.endLookUnchanged(head);
      return;
    }
    if (memMap.testAndClearFlag(head, FolioFlags.MLOCKED)) {
      stats.add(NodeStat.NR_MLOCK, -memMap.pages(head));
      if (isolated || !memMap.testFlag(head, FolioFlags.UNEVICTABLE)) {
        events.count(VmEvent.UNEVICTABLE_PGS_MUNLOCKED, memMap.pages(head));
      }
    }
    if (isolated) {
      lists.endLook(head);
    }
  }

  /** Visits every folio that a batch refers to; for checks, on a machine at rest. */
  void forEach(IntConsumer visitor) {
    for (Batch batch : batches) {
      for (int i = 0; i < batch.count; i++) {
        visitor.accept(batch.heads[i]);
      }
    }
  }
}
