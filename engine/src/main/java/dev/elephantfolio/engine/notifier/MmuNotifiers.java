package dev.elephantfolio.engine.notifier;

import dev.elephantfolio.engine.sync.Cpus;
import dev.elephantfolio.engine.sync.SyncPlace;
import dev.elephantfolio.engine.sync.SyncPoint;
import dev.elephantfolio.engine.sync.SyncPoints;
import java.util.List;
import org.jspecify.annotations.Nullable;

/**
 * How the memory manager tells of what it does to one address space.
 *
 * <pre>
 *   InvalidateRange told = mm.notifiers().start(CLEAR, from, to);
 *   ... change entries ...
 *   mm.notifiers().end(told);
 * </pre>
 *
 * <p>Both stand within one hold of a lock that keeps new subscribers out: mmap_lock, the area's
 * lock, or a lock of the reverse map; no page table is locked then. Where nobody ever subscribed
 * each call costs the reading of one field. Any thread may call.
 */
public final class MmuNotifiers implements SyncPlace {
  private final long syncId = SyncPoints.newId();
  private final Cpus cpus;
  private final boolean silent;
  private volatile @Nullable Subscriptions told;
  private volatile @Nullable Subscriptions subscriptions;

  /**
   * @param silent whether subscribers are told nothing but the end of the address space
   */
  MmuNotifiers(Cpus cpus, boolean silent) {
    this.cpus = cpus;
    this.silent = silent;
  }

  /** Begins an invalidation of {@code [startAddress, endAddress)}; what it gives is for the end. */
  public @Nullable InvalidateRange start(
      InvalidateEvent event, long startAddress, long endAddress) {
    SyncPoints.reach(SyncPoint.LOAD, this, 0);
    Subscriptions now = told;
    SyncPoints.read(this, 0, now == null ? 0 : 1);
    if (now == null) {
      return null;
    }
    InvalidateRange range = new InvalidateRange(event, startAddress, endAddress);
    now.start(range);
    return range;
  }

  /** Ends an invalidation. */
  public void end(@Nullable InvalidateRange range) {
    Subscriptions now = told;
    if (now != null && range != null) {
      now.end(range);
    }
  }

  /** Where translations of the range were flushed: those who share the tables flush theirs. */
  public void invalidateSecondaryTlbs(long startAddress, long endAddress) {
    Subscriptions now = told;
    if (now != null) {
      now.invalidateSecondaryTlbs(startAddress, endAddress);
    }
  }

  /** Takes marks of age off every secondary translation of the range; whether there was one. */
  public boolean clearFlushYoung(long startAddress, long endAddress) {
    Subscriptions now = told;
    return now != null && now.clearFlushYoung(startAddress, endAddress);
  }

  /** As {@link #clearFlushYoung}, without a flush of secondary translations. */
  public boolean clearYoung(long startAddress, long endAddress) {
    Subscriptions now = told;
    return now != null && now.clearYoung(startAddress, endAddress);
  }

  /** Whether the page at {@code address} was used through a secondary translation. */
  public boolean testYoung(long address) {
    Subscriptions now = told;
    return now != null && now.testYoung(address);
  }

  /** The address space ends; before any lock of it is taken and any page goes. */
  public void release() {
    Subscriptions now = subscriptions;
    if (now != null) {
      now.release();
    }
  }

  /**
   * Holds what every subscriber keeps against the page tables, with nothing under way in any
   * thread.
   *
   * @throws IllegalStateException naming the first thing that the page tables do not say
   */
  public void check() {
    Subscriptions now = subscriptions;
    if (now != null) {
      now.check();
    }
  }

  /** Who is subscribed to all of the address space. */
  public List<Subscriber> subscribers() {
    Subscriptions now = subscriptions;
    return now == null ? List.of() : now.subscribers();
  }

  /** Under all locks of the address space. */
  Subscriptions ensureSubscriptions() {
    Subscriptions known = subscriptions;
    if (known == null) {
      known = new Subscriptions(cpus);
      subscriptions = known;
      SyncPoints.reach(SyncPoint.STORE, this, 0);
      SyncPoints.changed(this, 0, 0, silent ? 0 : 1);
      told = silent ? null : known;
    }
    return known;
  }

  @Override
  public long syncId() {
    return syncId;
  }

  @Override
  public String describePlace(long index) {
    return "whether anybody is subscribed";
  }

  @Nullable Subscriptions subscriptions() {
    return subscriptions;
  }
}
