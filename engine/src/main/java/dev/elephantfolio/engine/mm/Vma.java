package dev.elephantfolio.engine.mm;

import dev.elephantfolio.engine.pagecache.MappedFile;
import dev.elephantfolio.engine.rmap.AnonVma;
import dev.elephantfolio.engine.rmap.AnonVmaChain;
import dev.elephantfolio.engine.sync.LockRank;
import dev.elephantfolio.engine.sync.RwSemaphore;
import dev.elephantfolio.engine.sync.SyncPlace;
import dev.elephantfolio.engine.sync.SyncPoint;
import dev.elephantfolio.engine.sync.SyncPoints;
import java.lang.invoke.MethodHandles;
import java.lang.invoke.VarHandle;
import java.util.ArrayList;
import java.util.List;
import org.jspecify.annotations.Nullable;

/**
 * A memory area: a range of addresses of one process with one kind of content and one set of rights
 * (the kernel's {@code vm_area_struct}).
 *
 * <pre>
 *  tag | guarded by
 *  ----+--------------------------------------------------------------------------------
 *  [m] | written with mmap_lock held for writing and this area write-locked;
 *      | read with mmap_lock held, or under this area's read lock
 *  [a] | written with mmap_lock held (reading suffices) by {@code AnonVmas.prepare} under
 *      | the page-table lock, or as [m]; read without a lock
 *  [s] | the lock's own state
 * </pre>
 *
 * <p><b>The area's own lock.</b> A fault takes it for reading, alone, so that faults do not meet at
 * mmap_lock. A writer holds mmap_lock for writing and marks each area it changes with {@link
 * #writeLock}; the marks are not taken back one by one but all at once when mmap_lock is released
 * ({@link AddressSpace#mmapWriteUnlock}): a mark is the number of the mmap_lock writing section it
 * was made in. A reader that finds the mark of the present section gives up and falls back to
 * mmap_lock.
 */
public final class Vma implements SyncPlace {
  private static final VarHandle FLAGS;

  static {
    try {
      FLAGS = MethodHandles.lookup().findVarHandle(Vma.class, "flags", long.class);
    } catch (ReflectiveOperationException impossible) {
      throw new ExceptionInInitializerError(impossible);
    }
  }

  private final AddressSpace mm;

  /** The parts of this place that are read without its lock. */
  private static final long SEQUENCE = 0;

  private static final long DETACHED = 1;
  private static final long ANON_VMA = 2;

  private final long syncId = SyncPoints.newId();

  /** [s] Serialises readers with the moment of being marked; never held for long by a writer. */
  private final RwSemaphore lock = new RwSemaphore(LockRank.VMA_LOCK);

  /** [s] The writing section of {@link AddressSpace} in which this area was last write-locked. */
  private volatile int writeSequence = AddressSpace.NO_SEQUENCE;

  /** [s] No longer (or not yet) in the tree: a reader that still finds it must look again. */
  private volatile boolean detached = true;

  private volatile long start; // [m]
  private volatile long end; // [m]
  private volatile long flags; // [m], MAYBE_GUARD also under the area's read lock; atomic
  private volatile long pageOffset; // [m]
  private volatile @Nullable AnonVma anonVma; // [a]
  private final ArrayList<AnonVmaChain> anonVmaChains = new ArrayList<>(1); // [a]
  private final @Nullable MappedFile file;
  private volatile @Nullable String name; // [m]

  /**
   * A new area, in no tree yet.
   *
   * @param pageOffset in pages: of the file or, for private anonymous memory, the vpn at which its
   *     first page was (or would have been) mapped first
   * @param file what it maps; null for private anonymous memory
   */
  public Vma(
      AddressSpace mm,
      long start,
      long end,
      long pageOffset,
      long flags,
      @Nullable MappedFile file) {
    this.mm = mm;
    this.start = start;
    this.end = end;
    this.pageOffset = pageOffset;
    this.flags = flags;
    this.file = file;
  }

  public AddressSpace mm() {
    return mm;
  }

  /** The first byte address. */
  public long start() {
    return start;
  }

  /** One past the last byte address. */
  public long end() {
    return end;
  }

  public long lengthBytes() {
    return end - start;
  }

  public long pages() {
    return Addresses.pages(end - start);
  }

  public boolean contains(long address) {
    return start <= address && address < end;
  }

  /** {@link VmFlags} bits. */
  public long flags() {
    return flags;
  }

  public boolean has(long flagBits) {
    return (flags & flagBits) != 0;
  }

  /** The offset of the first page, in pages: in the file, or as rmap counts anonymous pages. */
  public long pageOffset() {
    return pageOffset;
  }

  /** The offset, as rmap counts, of the page at {@code address}, which may lie outside. */
  public long pageOffset(long address) {
    return pageOffset + ((address - start) >> Addresses.PAGE_SHIFT);
  }

  /** The byte address at which the page with {@code pageOffset} is mapped, if it is within. */
  public long addressOf(long pageOffsetOfPage) {
    return start + ((pageOffsetOfPage - pageOffset) << Addresses.PAGE_SHIFT);
  }

  public @Nullable MappedFile file() {
    return file;
  }

  /** The name given by {@code PR_SET_VMA_ANON_NAME}. */
  public @Nullable String name() {
    return name;
  }

  /** Private memory of no file (what {@code vma_is_anonymous} says). */
  public boolean isAnonymous() {
    return file == null;
  }

  /** The stack that exec still builds: it will move, so no page of it may be found by rmap. */
  public boolean isTemporaryStack() {
    return VmFlags.has(flags, VmFlags.GROWSDOWN)
        && VmFlags.hasAll(flags, VmFlags.STACK_INCOMPLETE_SETUP);
  }

  public boolean isSealed() {
    return has(VmFlags.SEALED);
  }

  public @Nullable AnonVma anonVma() {
    SyncPoints.reach(SyncPoint.LOAD, this, ANON_VMA);
    AnonVma own = anonVma;
    SyncPoints.read(this, ANON_VMA, own == null ? 0 : own.id());
    return own;
  }

  /** The anon_vma of an area that must have one. */
  public AnonVma requireAnonVma() {
    AnonVma own = anonVma();
    if (own == null) {
      throw new IllegalStateException("no anon_vma: " + this);
    }
    return own;
  }

  /**
   * Publishes the anon_vma of this area; null when its chains were unlinked. For {@code rmap} and
   * the merge rules only.
   */
  public void setAnonVma(@Nullable AnonVma own) {
    SyncPoints.reach(SyncPoint.STORE, this, ANON_VMA);
    AnonVma before = anonVma;
    anonVma = own;
    SyncPoints.changed(
        this, ANON_VMA, before == null ? 0 : before.id(), own == null ? 0 : own.id());
  }

  /** Every anon_vma that may hold pages of this area; the list is {@code rmap}'s to change. */
  public List<AnonVmaChain> anonVmaChains() {
    return anonVmaChains;
  }

  /** Where the gap below this area begins: lower than the start for a stack. */
  public long startWithGap() {
    if (!has(VmFlags.GROWSDOWN)) {
      return start;
    }
    long gapStart = start - mm.stackGuardGapBytes();
    return gapStart < 0 ? 0 : gapStart;
  }

  // The area's lock.

  /**
   * Takes this area for reading without waiting. False when a writer has it, or when it left the
   * tree; the caller then looks again or falls back to mmap_lock. The range may have changed since
   * the area was found: check {@link #contains} afterwards.
   */
  public boolean tryReadLock() {
    if (isMarked() || !lock.tryReadLock()) {
      return false;
    }
    if (isDetached() || isMarked()) {
      lock.readUnlock();
      return false;
    }
    return true;
  }

  /** Whether the present writing section has marked this area. */
  private boolean isMarked() {
    int section = mm.writeSequence();
    SyncPoints.reach(SyncPoint.LOAD, this, SEQUENCE);
    boolean marked = writeSequence == section;
    SyncPoints.read(this, SEQUENCE, marked ? 1 : 0);
    return marked;
  }

  /**
   * Takes this area for reading with mmap_lock held for reading: no writer can be about, so it
   * always succeeds; mmap_lock may be released afterwards.
   */
  public void readLock() {
    mm.mmapLock().assertHeld();
    lock.readLock();
  }

  public void readUnlock() {
    lock.readUnlock();
  }

  /**
   * Marks this area as being changed until mmap_lock's writing section ends, and waits for its
   * readers to leave. Needs mmap_lock held for writing; marking twice is free.
   */
  public void writeLock() {
    mm.mmapLock().assertWriteHeld();
    int section = mm.writeSequence();
    if (writeSequence == section) {
      return;
    }
    lock.writeLock();
    SyncPoints.reach(SyncPoint.STORE, this, SEQUENCE);
    SyncPoints.changed(this, SEQUENCE, writeSequence, section);
    writeSequence = section;
    lock.writeUnlock();
  }

  /** Throws unless the area is write-locked in the present writing section. Checked builds only. */
  public void assertWriteLocked() {
    assert writeSequence == mm.writeSequence() : "area not write-locked: " + this;
  }

  // Changes, for this room.

  void setRange(long newStart, long newEnd, long newPageOffset) {
    start = newStart;
    end = newEnd;
    pageOffset = newPageOffset;
  }

  /**
   * Sets further flags, atomically: {@link VmFlags#MAYBE_GUARD} is set with mmap_lock or the area
   * held for reading only.
   */
  void addFlags(long bits) {
    if ((flags & bits) != bits) {
      long _ = (long) FLAGS.getAndBitwiseOr(this, bits);
    }
  }

  /** Replaces the flags; the area must be write-locked. */
  void resetFlags(long newFlags) {
    assertWriteLocked();
    flags = newFlags;
  }

  /** Sets the flags of an area that is in no tree yet. */
  void initialFlags(long newFlags) {
    assert detached;
    flags = newFlags;
  }

  void rename(@Nullable String newName) {
    name = newName;
  }

  /** Whether it left the tree. */
  boolean isDetached() {
    SyncPoints.reach(SyncPoint.LOAD, this, DETACHED);
    boolean now = detached;
    SyncPoints.read(this, DETACHED, now ? 1 : 0);
    return now;
  }

  void markAttached() {
    setDetached(false);
  }

  private void setDetached(boolean now) {
    SyncPoints.reach(SyncPoint.STORE, this, DETACHED);
    SyncPoints.changed(this, DETACHED, detached ? 1 : 0, now ? 1 : 0);
    detached = now;
  }

  @Override
  public long syncId() {
    return syncId;
  }

  @Override
  public String describePlace(long index) {
    String part = index == SEQUENCE ? "mark" : index == DETACHED ? "detachment" : "anon_vma";
    return "the " + part + " of area " + Long.toHexString(start);
  }

  /** Out of the tree: readers that still find it look again. The area must be write-locked. */
  void markDetached() {
    assertWriteLocked();
    setDetached(true);
  }

  @Override
  public String toString() {
    return "Vma[%x-%x %s]".formatted(start, end, VmFlags.letters(flags).strip());
  }
}
