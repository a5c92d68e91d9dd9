package dev.elephantfolio.engine.secondary;

import dev.elephantfolio.engine.pagetable.Pte;
import dev.elephantfolio.engine.sync.SyncPlace;
import dev.elephantfolio.engine.sync.SyncPoint;
import dev.elephantfolio.engine.sync.SyncPoints;
import java.util.concurrent.atomic.AtomicLongArray;

/** The translations of a {@link PageMirror}, an entry for each page. Each access is atomic. */
final class MirrorEntries implements SyncPlace {
  private final long syncId = SyncPoints.newId();
  private final AtomicLongArray entries;

  MirrorEntries(int pages) {
    entries = new AtomicLongArray(pages);
  }

  int pages() {
    return entries.length();
  }

  long get(int page) {
    SyncPoints.reach(SyncPoint.PTE_LOAD, this, page);
    long entry = entries.get(page);
    SyncPoints.read(this, page, entry);
    return entry;
  }

  /** Stores an entry and gives what stood there. */
  long exchange(int page, long entry) {
    SyncPoints.reach(SyncPoint.PTE_STORE, this, page);
    long before = entries.getAndSet(page, entry);
    SyncPoints.changed(this, page, before, entry);
    SyncPoints.read(this, page, before);
    return before;
  }

  @Override
  public long syncId() {
    return syncId;
  }

  @Override
  public String describePlace(long page) {
    return "the mirror's entry " + page;
  }

  @Override
  public String describeValue(long page, long value) {
    return Pte.describe(value);
  }
}
