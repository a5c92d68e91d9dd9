package dev.elephantfolio.engine.notifier;

import dev.elephantfolio.engine.sync.SyncPlace;
import dev.elephantfolio.engine.sync.SyncPoint;
import dev.elephantfolio.engine.sync.SyncPoints;
import org.jspecify.annotations.Nullable;

/**
 * A subscription to one range of an address space, with a sequence by which its owner finds out
 * whether what it read from the page tables still held when it had its own lock.
 *
 * <pre>
 *   owner                                    an invalidation
 *   do {
 *     sequence = readBegin()
 *     read the page tables                   invalidate(range, now):
 *     take own lock                            take own lock
 *     collided = readRetry(sequence)           setSequence(now)
 *     if (!collided) use what was read         drop what was read before
 *     release own lock                         release own lock
 *   } while (collided)
 * </pre>
 *
 * <p>Source of the behaviour: mmu_interval_notifier, mm/mmu_notifier.c of 6.18.
 */
public abstract class IntervalNotifier implements SyncPlace {
  private final long syncId = SyncPoints.newId();
  private final long startAddress;
  private final long endAddress;

  /** Odd. Set under the owner's lock, and before it is known to others. */
  private volatile long sequence;

  /** Where it is inserted; set once, by {@link NotifierRegistration}. */
  private volatile @Nullable IntervalNotifiers home;

  /** A range of {@code lengthBytes}, which is not 0. */
  protected IntervalNotifier(long startAddress, long lengthBytes) {
    if (startAddress < 0 || lengthBytes <= 0 || startAddress + lengthBytes < 0) {
      throw new IllegalArgumentException("no range: " + startAddress + " " + lengthBytes);
    }
    this.startAddress = startAddress;
    this.endAddress = startAddress + lengthBytes;
  }

  public final long startAddress() {
    return startAddress;
  }

  public final long endAddress() {
    return endAddress;
  }

  /**
   * The range, or a part of it, is being invalidated. Must take the owner's lock, call {@link
   * #setSequence} and see to it that nothing read before is used any more. May be called by several
   * threads at once.
   */
  protected abstract void invalidate(InvalidateRange range, long nowSequence);

  /**
   * As {@link Subscriber#check}.
   *
   * @throws IllegalStateException naming the first thing that the page tables do not say
   */
  protected void check() {}

  /** Remembers the invalidation; for {@link #invalidate}, under the owner's lock. */
  protected final void setSequence(long nowSequence) {
    SyncPoints.reach(SyncPoint.STORE, this, 0);
    SyncPoints.changed(this, 0, sequence, nowSequence);
    sequence = nowSequence;
  }

  /**
   * Begins reading the page tables, once no invalidation of the range that this was told of is
   * under way. Holding no lock that an invalidation may need.
   */
  public final long readBegin() {
    IntervalNotifiers inserted = home;
    if (inserted == null) {
      throw new IllegalStateException("subscribed to no address space");
    }
    return inserted.readBegin(this);
  }

  /** Whether what was read since {@code begun} may be wrong. Under the owner's lock. */
  public final boolean readRetry(long begun) {
    return sequence != begun;
  }

  final long sequence() {
    SyncPoints.reach(SyncPoint.LOAD, this, 0);
    long now = sequence;
    SyncPoints.read(this, 0, now);
    return now;
  }

  @Override
  public final long syncId() {
    return syncId;
  }

  @Override
  public final String describePlace(long index) {
    return "the sequence of " + this;
  }

  final void insertInto(IntervalNotifiers inserted, long firstSequence) {
    sequence = firstSequence;
    home = inserted;
  }
}
