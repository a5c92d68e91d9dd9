package dev.elephantfolio.engine.pagetable;

import dev.elephantfolio.engine.sync.LockRank;
import dev.elephantfolio.engine.sync.SpinLock;
import dev.elephantfolio.engine.sync.SyncPlace;
import dev.elephantfolio.engine.sync.SyncPoint;
import dev.elephantfolio.engine.sync.SyncPoints;
import java.lang.invoke.MethodHandles;
import java.lang.invoke.VarHandle;
import org.jspecify.annotations.Nullable;

/**
 * One table of 512 entries, at any of the four levels.
 *
 * <p>Whoever holds a reference may read entries without a lock: the garbage collector is the RCU,
 * and a table taken out of the tree holds no present entry any more. Entries change only through
 * {@link PageTableCursor}, under this table's lock.
 *
 * <pre>
 *  field     | guarded by
 *  ----------+--------------------------------------------------------------
 *  entries   | writes: lock; reads: none (acquire)
 *  children  | writes: lock; reads: none, after the entry said TABLE
 *  deposits  | lock (PMD level): PTE-table frames kept for the huge entries
 * </pre>
 */
public final class PageTable implements SyncPlace {
  public static final int ENTRIES = 512;
  public static final int INDEX_BITS = 9;

  /** The levels, from the leaf up. */
  public static final int PTE = 0;

  public static final int PMD = 1;
  public static final int PUD = 2;
  public static final int PGD = 3;

  private static final VarHandle ENTRY = MethodHandles.arrayElementVarHandle(long[].class);
  private static final VarHandle CHILD = MethodHandles.arrayElementVarHandle(PageTable[].class);

  private final long syncId = SyncPoints.newId();
  private final int level;
  private final int pfn;
  private final SpinLock lock;
  private final long[] entries = new long[ENTRIES];
  private final @Nullable PageTable @Nullable [] children;
  private int depositHead;
  private int depositCount;

  /** An empty table of {@code level} in the frame {@code pfn}. */
  PageTable(int level, int pfn) {
    this.level = level;
    this.pfn = pfn;
    this.lock = new SpinLock(level == PTE ? LockRank.PTE : LockRank.PMD);
    this.children = level == PTE ? null : new PageTable[ENTRIES];
  }

  /** The slot of this level that covers {@code address}. */
  public static int index(long address, int level) {
    return (int) (address >>> (12 + level * INDEX_BITS)) & (ENTRIES - 1);
  }

  /** Bytes of address space behind one entry of {@code level}. */
  public static long span(int level) {
    return 1L << (12 + level * INDEX_BITS);
  }

  public int level() {
    return level;
  }

  /** The frame that holds this table. */
  public int pfn() {
    return pfn;
  }

  SpinLock lock() {
    return lock;
  }

  /** Whether {@code place} is the lock of this table; for naming places. */
  @SuppressWarnings("ReferenceEquality") // this very lock
  public boolean isGuardedBy(SyncPlace place) {
    return place == lock;
  }

  /** The entry in slot {@code index}, as another processor may see it now. */
  public long entry(int index) {
    if (!SyncPoints.active()) {
      return load(index);
    }
    SyncPoints.reach(SyncPoint.PTE_LOAD, this, index);
    long entry = load(index);
    SyncPoints.read(this, index, entry);
    return entry;
  }

  private long load(int index) {
    return (long) ENTRY.getAcquire(entries, index);
  }

  /** The table below slot {@code index}; null when there is none (or it was just taken away). */
  public @Nullable PageTable child(int index) {
    @Nullable PageTable[] tables = children;
    if (tables == null) {
      return null;
    }
    if (!SyncPoints.active()) {
      return childIn(tables, index);
    }
    SyncPoints.reach(SyncPoint.PTE_LOAD, this, index);
    long entry = load(index);
    PageTable child = Pte.isTable(entry) ? childIn(tables, index) : null;
    // First what a story tells, then what a state is made of.
    SyncPoints.read(this, index, entry);
    SyncPoints.read(this, index, child == null ? 0 : child.syncId);
    return child;
  }

  private @Nullable PageTable childIn(@Nullable PageTable[] tables, int index) {
    return Pte.isTable(load(index)) ? (PageTable) CHILD.getAcquire(tables, index) : null;
  }

  /** Whether every entry is none. Stable only under the lock. */
  public boolean isEmpty() {
    for (long entry : entries) {
      if (entry != Pte.NONE) {
        return false;
      }
    }
    return true;
  }

  void store(int index, long entry) {
    SyncPoints.reach(SyncPoint.PTE_STORE, this, index);
    tellStored(index, entry);
    ENTRY.setRelease(entries, index, entry);
  }

  /** Stores where nobody else can see it: the table hangs nowhere yet, or no more. */
  void storeUnshared(int index, long entry) {
    tellStored(index, entry);
    ENTRY.setRelease(entries, index, entry);
  }

  private void tellStored(int index, long entry) {
    if (SyncPoints.active()) {
      SyncPoints.changed(this, index, load(index), entry);
    }
  }

  long exchange(int index, long entry) {
    SyncPoints.reach(SyncPoint.PTE_STORE, this, index);
    long before = (long) ENTRY.getAndSet(entries, index, entry);
    SyncPoints.changed(this, index, before, entry);
    SyncPoints.read(this, index, before);
    return before;
  }

  boolean compareAndSet(int index, long expected, long entry) {
    SyncPoints.reach(SyncPoint.PTE_STORE, this, index);
    boolean set = ENTRY.compareAndSet(entries, index, expected, entry);
    SyncPoints.read(this, index, set ? 1 : 0);
    if (set) {
      SyncPoints.changed(this, index, expected, entry);
    }
    return set;
  }

  void attach(int index, PageTable child) {
    SyncPoints.reach(SyncPoint.PTE_STORE, this, index);
    SyncPoints.changed(this, index, 0, child.syncId);
    CHILD.setRelease(upperChildren(), index, child);
    tellStored(index, Pte.TABLE);
    ENTRY.setRelease(entries, index, Pte.TABLE);
  }

  PageTable detach(int index) {
    SyncPoints.reach(SyncPoint.PTE_STORE, this, index);
    @Nullable PageTable[] tables = upperChildren();
    PageTable child = tables[index];
    if (child == null) {
      throw new IllegalStateException("no table below slot " + index);
    }
    SyncPoints.changed(this, index, child.syncId, 0);
    tellStored(index, Pte.NONE);
    ENTRY.setRelease(entries, index, Pte.NONE);
    CHILD.setRelease(tables, index, null);
    return child;
  }

  private @Nullable PageTable[] upperChildren() {
    @Nullable PageTable[] tables = children;
    if (tables == null) {
      throw new IllegalStateException("a PTE table has no tables below");
    }
    return tables;
  }

  @Override
  public long syncId() {
    return syncId;
  }

  @Override
  public String describePlace(long index) {
    return "entry " + index + " of the level-" + level + " table " + Integer.toUnsignedString(pfn);
  }

  @Override
  public String describeValue(long index, long value) {
    return Pte.describe(value);
  }

  int depositHead() {
    return depositHead;
  }

  /** The table frames kept here for huge entries to be split into. Stable under the lock. */
  public int depositCount() {
    return depositCount;
  }

  void setDeposits(int headPfn, int count) {
    depositHead = headPfn;
    depositCount = count;
  }
}
