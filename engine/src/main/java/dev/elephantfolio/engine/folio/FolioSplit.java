package dev.elephantfolio.engine.folio;

import dev.elephantfolio.engine.Errno;
import dev.elephantfolio.engine.frame.MemMap;
import dev.elephantfolio.engine.migrate.MigrationEntries;
import dev.elephantfolio.engine.rmap.AnonVma;
import dev.elephantfolio.engine.rmap.ReverseMap;
import dev.elephantfolio.engine.stat.ThpStat;
import dev.elephantfolio.engine.stat.ThpStats;
import dev.elephantfolio.engine.stat.VmEvent;
import dev.elephantfolio.engine.stat.VmEvents;
import dev.elephantfolio.engine.sync.Mutation;
import dev.elephantfolio.engine.sync.Mutations;
import java.util.Optional;

/**
 * Splits an anonymous folio into folios of a lower order. May fail: anybody's extra reference keeps
 * the folio whole.
 *
 * <p>All mappings become migration entries, the reference count is frozen at the caller's one, the
 * frames are told their new order, and the mappings come back; small pages of zeroes come back as
 * the zero page and are freed. Behaviour: __folio_split, mm/huge_memory.c of 6.18.
 */
public final class FolioSplit {
  private static final int PMD_ORDER = 9;

  private final MemMap memMap;
  private final Folios folios;
  private final MapCounts mapCounts;
  private final DeferredSplitQueue deferred;
  private final ReverseMap reverseMap;
  private final MigrationEntries migration;
  private final VmEvents events;
  private final ThpStats thpStats;
  private final boolean freezes;

  public FolioSplit(
      MemMap memMap,
      Folios folios,
      MapCounts mapCounts,
      DeferredSplitQueue deferred,
      ReverseMap reverseMap,
      MigrationEntries migration,
      VmEvents events,
      ThpStats thpStats,
      Mutations mutations) {
    this.memMap = memMap;
    this.folios = folios;
    this.mapCounts = mapCounts;
    this.deferred = deferred;
    this.reverseMap = reverseMap;
    this.migration = migration;
    this.events = events;
    this.thpStats = thpStats;
    this.freezes = !mutations.has(Mutation.NO_FREEZE_ON_SPLIT);
  }

  /**
   * Splits {@code head}, which the caller has locked and holds one reference to. Afterwards the
   * caller holds lock and reference of the part that contains {@code keptPage}.
   *
   * @return empty when it was split, else EINVAL for an order it cannot have, EBUSY when it is no
   *     longer mapped by any process, EAGAIN when somebody else holds a reference
   */
  public Optional<Errno> split(int head, int newOrder, int keptPage) {
    int order = memMap.order(head);
    if (newOrder >= order || newOrder == 1) {
      return Optional.of(Errno.EINVAL);
    }
    Optional<Errno> failure = trySplit(head, order, newOrder, keptPage);
    if (order >= PMD_ORDER) {
      events.count(failure.isEmpty() ? VmEvent.THP_SPLIT_PAGE : VmEvent.THP_SPLIT_PAGE_FAILED);
    }
    thpStats.count(order, failure.isEmpty() ? ThpStat.SPLIT : ThpStat.SPLIT_FAILED);
    return failure;
  }

  private Optional<Errno> trySplit(int head, int order, int newOrder, int keptPage) {
    AnonVma anonVma = mapCounts.isMapped(head) ? reverseMap.lockForWrite(head) : null;
    if (anonVma == null) {
      return Optional.of(Errno.EBUSY);
    }
    try {
      return splitMapped(head, order, newOrder, keptPage, anonVma);
    } finally {
      anonVma.lock().writeUnlock();
    }
  }

  private Optional<Errno> splitMapped(
      int head, int order, int newOrder, int keptPage, AnonVma anonVma) {
    if (freezes && mapCounts.folioMapCount(head) != memMap.refCount(head) - 1) {
      return Optional.of(Errno.EAGAIN);
    }
    int pages = 1 << order;
    migration.unmap(head, anonVma);
    int expected = freezes ? 1 : memMap.refCount(head);
    boolean frozen = !mapCounts.isMapped(head) && memMap.freezeRef(head, expected);
    if (frozen) {
      divide(head, order, newOrder);
    }
    migration.remap(head, pages, anonVma, frozen);
    if (!frozen) {
      return Optional.of(Errno.EAGAIN);
    }
    settle(head, pages, newOrder, keptPage);
    return Optional.empty();
  }

  /** Tells the frames their new order, with the reference count frozen. */
  private void divide(int head, int order, int newOrder) {
    boolean _ = deferred.remove(head);
    boolean onLru = folios.lru().isolate(head);
    thpStats.add(order, ThpStat.NR_ANON, -1);
    thpStats.add(newOrder, ThpStat.NR_ANON, 1L << (order - newOrder));
    memMap.splitFolio(head, order, newOrder);
    int step = 1 << newOrder;
    for (int part = head + (1 << order) - step; part != head - step; part -= step) {
      if (onLru) {
        folios.lru().addSplit(part);
      }
      memMap.unfreezeRef(part, 1);
    }
  }

  /** Unlocks the parts and drops the split's reference to all but the kept one. */
  private void settle(int head, int pages, int newOrder, int keptPage) {
    int step = 1 << newOrder;
    int kept = keptPage & -step;
    folios.inheritLock(head, kept);
    for (int part = head; part != head + pages; part += step) {
      if (part != kept) {
        folios.unlockPart(part);
        folios.put(part);
      }
    }
  }
}
