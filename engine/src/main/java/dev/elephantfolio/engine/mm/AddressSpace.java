package dev.elephantfolio.engine.mm;

import dev.elephantfolio.engine.Errno;
import dev.elephantfolio.engine.MemoryException;
import dev.elephantfolio.engine.notifier.MmuNotifiers;
import dev.elephantfolio.engine.pagetable.PageTables;
import dev.elephantfolio.engine.sync.Cpus;
import dev.elephantfolio.engine.sync.LockRank;
import dev.elephantfolio.engine.sync.RwSemaphore;
import dev.elephantfolio.engine.sync.SequenceCount;
import dev.elephantfolio.engine.sync.SpinLock;
import dev.elephantfolio.engine.sync.SyncPlace;
import dev.elephantfolio.engine.sync.SyncPoint;
import dev.elephantfolio.engine.sync.SyncPoints;
import java.util.concurrent.atomic.AtomicInteger;

/**
 * The memory of one process (the kernel's {@code mm_struct}): its areas, its page tables, its
 * counts and limits.
 *
 * <pre>
 *  tag | guarded by
 *  ----+--------------------------------------------------------------
 *  [m] | written with mmap_lock held for writing; read by anyone
 *  [t] | atomic
 *  [v] | volatile: set whole by anyone with the right to
 * </pre>
 *
 * <p>mmap_lock held for writing: areas come, go and change. Held for reading: areas stay as they
 * are. {@link #pageTableLock} guards the moment in which an area gets its anon_vma.
 */
public final class AddressSpace implements SyncPlace {
  /** A number that no writing section of mmap_lock bears. */
  static final int NO_SEQUENCE = -1;

  /** The parts of this place. */
  private static final long SEQUENCE = 0;

  private static final long USERS = 1;
  private static final long FLAGS = 2;

  private final long syncId = SyncPoints.newId();
  private final int mmId;
  private final RwSemaphore mmapLock = new RwSemaphore(LockRank.MMAP_LOCK);
  private final SpinLock pageTableLock = new SpinLock(LockRank.PMD);
  private final VmaTree vmas = new VmaTree();
  private final PageTables tables;
  private final MmuNotifiers notifiers;
  private final VmSettings settings;
  private final RssCounters rss; // [t]
  private final AtomicInteger flags = new AtomicInteger(MmFlags.TOPDOWN); // [t] MmFlags
  private final AtomicInteger users = new AtomicInteger(1); // [t]
  private final SequenceCount writeProtect = new SequenceCount(); // [m]
  private final PinnedVm pinnedVm = new PinnedVm(); // [t]

  /** [m] Counts the writing sections of mmap_lock; see {@link Vma}. */
  private volatile int writeSequence;

  private volatile long totalVm; // [m] pages
  private volatile long lockedVm; // [m] pages
  private volatile long dataVm; // [m] pages
  private volatile long stackVm; // [m] pages
  private volatile long execVm; // [m] pages
  private volatile long hiwaterVm; // [m] pages, of totalVm
  private volatile long hiwaterRss; // [v] pages; may lag, as the kernel's
  private volatile long defaultFlags; // [m] VmFlags of every new area
  private volatile long brk; // [m]
  private volatile AddressLayout layout; // [m]
  private volatile Limits limits; // [v]
  private volatile Capabilities capabilities; // [v]

  /**
   * An address space without areas.
   *
   * @param mmId a number that no other living address space has
   * @param notifiers nobody's yet
   * @param cpus the machine's, for the striped counts
   */
  public AddressSpace(
      int mmId,
      PageTables tables,
      MmuNotifiers notifiers,
      Cpus cpus,
      VmSettings settings,
      Limits limits,
      Capabilities capabilities) {
    this.mmId = mmId;
    this.tables = tables;
    this.notifiers = notifiers;
    this.settings = settings;
    this.rss = new RssCounters(cpus);
    this.limits = limits;
    this.capabilities = capabilities;
    this.layout = AddressLayout.standard(limits.stackBytes(), settings.stackGuardGapBytes());
    this.brk = layout.startBrk();
  }

  public int mmId() {
    return mmId;
  }

  public VmaTree vmas() {
    return vmas;
  }

  public PageTables tables() {
    return tables;
  }

  /** Who else translates addresses of this memory, and wants to know what becomes of them. */
  public MmuNotifiers notifiers() {
    return notifiers;
  }

  // Locks.

  /** The lock itself, for asserting and for reading; write through the methods below. */
  public RwSemaphore mmapLock() {
    return mmapLock;
  }

  public void mmapReadLock() {
    mmapLock.readLock();
  }

  public boolean tryMmapReadLock() {
    return mmapLock.tryReadLock();
  }

  public void mmapReadUnlock() {
    mmapLock.readUnlock();
  }

  public void mmapWriteLock() {
    mmapLock.writeLock();
  }

  /** As {@link #mmapWriteLock}, while another address space's is held: fork. */
  public void mmapWriteLockNested() {
    mmapLock.writeLockNested();
  }

  /** Ends the writing section, and with it every area's write lock. */
  public void mmapWriteUnlock() {
    endWriteSection();
    mmapLock.writeUnlock();
  }

  /** Ends the writing section but stays a reader. */
  public void mmapWriteDowngrade() {
    endWriteSection();
    mmapLock.downgrade();
  }

  /** The number of the present (or, when nobody writes, of the next) writing section. */
  int writeSequence() {
    SyncPoints.reach(SyncPoint.LOAD, this, SEQUENCE);
    int section = writeSequence;
    SyncPoints.read(this, SEQUENCE, section);
    // Whoever sees that the section is over may read what was changed in it.
    SyncPoints.readState(this, SEQUENCE);
    return section;
  }

  @SuppressWarnings("NonAtomicVolatileUpdate") // only the writer of mmap_lock is here
  private void endWriteSection() {
    mmapLock.assertWriteHeld();
    SyncPoints.reach(SyncPoint.STORE, this, SEQUENCE);
    SyncPoints.changedState(this, SEQUENCE);
    int next = writeSequence + 1;
    writeSequence = next == NO_SEQUENCE ? 0 : next;
  }

  /** The kernel's {@code page_table_lock}, as far as areas need it. */
  public SpinLock pageTableLock() {
    return pageTableLock;
  }

  /**
   * At work while fork write-protects private pages (write_protect_seq): a pin taken without a lock
   * meanwhile may have been missed by it.
   */
  public SequenceCount writeProtect() {
    return writeProtect;
  }

  // Users and marks.

  /** One more thread or process shares this address space. */
  public void getUser() {
    SyncPoints.reach(SyncPoint.GET, this, USERS);
    int now = users.incrementAndGet();
    SyncPoints.changed(this, USERS, now - 1, now);
  }

  /** One fewer; true for the last, who must tear the address space down. */
  public boolean putUser() {
    SyncPoints.reach(SyncPoint.PUT, this, USERS);
    int left = users.decrementAndGet();
    SyncPoints.changed(this, USERS, left + 1, left);
    SyncPoints.read(this, USERS, left);
    return left == 0;
  }

  public int users() {
    SyncPoints.reach(SyncPoint.LOAD, this, USERS);
    int now = users.get();
    SyncPoints.read(this, USERS, now);
    return now;
  }

  /** Whether any of the {@link MmFlags} {@code bits} is set. */
  public boolean hasFlag(int bits) {
    SyncPoints.reach(SyncPoint.LOAD, this, FLAGS);
    boolean has = (flags.getOpaque() & bits) != 0;
    SyncPoints.read(this, FLAGS, has ? 1 : 0);
    return has;
  }

  public void setFlag(int bits) {
    int _ = updateFlags(0, bits);
  }

  public void clearFlag(int bits) {
    int _ = updateFlags(bits, 0);
  }

  /** Sets the bits; true when one of them was set before. */
  public boolean testAndSetFlag(int bits) {
    return (updateFlags(0, bits) & bits) != 0;
  }

  /** Clears the bits; true when one of them was set before. */
  public boolean testAndClearFlag(int bits) {
    return (updateFlags(bits, 0) & bits) != 0;
  }

  /** Gives the flags as they were before. */
  private int updateFlags(int clearBits, int setBits) {
    SyncPoints.reach(SyncPoint.STORE, this, FLAGS);
    int before = flags.getAndUpdate(old -> (old & ~clearBits) | setBits);
    SyncPoints.changed(this, FLAGS, before, (before & ~clearBits) | setBits);
    SyncPoints.read(this, FLAGS, before & (clearBits | setBits));
    return before;
  }

  // Counts.

  /** Counts resident (or swapped) pages in or, when negative, out. Any thread, any lock. */
  public void addRss(RssKind kind, long pages) {
    rss.add(kind, pages);
  }

  public long rss(RssKind kind) {
    return rss.sum(kind);
  }

  /** Resident pages of every kind. */
  public long rssPages() {
    return rss.resident();
  }

  /** Whether every count of pages is zero: true of a torn-down address space. */
  public boolean rssIsZero() {
    return rss.isZero();
  }

  /** Remembers the present resident size when it is the largest so far: before pages go. */
  public void updateHiwaterRss() {
    long now = rssPages();
    if (hiwaterRss < now) {
      hiwaterRss = now;
    }
  }

  /** VmHWM in pages. */
  public long hiwaterRssPages() {
    return Math.max(hiwaterRss, rssPages());
  }

  /** VmPeak in pages. */
  public long hiwaterVmPages() {
    return Math.max(hiwaterVm, totalVm);
  }

  /** VmSize in pages. */
  public long totalVmPages() {
    return totalVm;
  }

  /** VmLck in pages. */
  public long lockedVmPages() {
    return lockedVm;
  }

  /** VmPin: registered buffers, with the whole of each large folio. */
  public PinnedVm pinnedVm() {
    return pinnedVm;
  }

  /** Private writable pages: what RLIMIT_DATA counts. */
  public long dataVmPages() {
    return dataVm;
  }

  public long stackVmPages() {
    return stackVm;
  }

  public long execVmPages() {
    return execVm;
  }

  /**
   * Counts the pages of an area with {@code vmFlags} in or, when negative, out. Lowering remembers
   * the high water first. mmap_lock held for writing (or, for munmap, just downgraded).
   */
  @SuppressWarnings("NonAtomicVolatileUpdate") // one writer: mmap_lock
  void accountPages(long vmFlags, long pages) {
    if (pages < 0) {
      updateHiwaterVm();
    }
    totalVm += pages;
    if (VmFlags.isExecMapping(vmFlags)) {
      execVm += pages;
    } else if (VmFlags.isStackMapping(vmFlags)) {
      stackVm += pages;
    } else if (VmFlags.isDataMapping(vmFlags)) {
      dataVm += pages;
    }
  }

  @SuppressWarnings("NonAtomicVolatileUpdate") // one writer: mmap_lock
  void addLocked(long pages) {
    lockedVm += pages;
  }

  void updateHiwaterVm() {
    if (hiwaterVm < totalVm) {
      hiwaterVm = totalVm;
    }
  }

  // Layout, limits and rights.

  /** Where exec put things. */
  public AddressLayout layout() {
    return layout;
  }

  /** Takes the layout that exec chose; the heap is empty. mmap_lock held for writing. */
  void placeLayout(AddressLayout chosen) {
    layout = chosen;
    brk = chosen.startBrk();
  }

  /**
   * Says where the heap begins, for who loads a program. mmap_lock held for writing.
   *
   * @throws MemoryException EINVAL when the heap is already in use
   */
  public void startHeapAt(long address) {
    if (brk != layout.startBrk()) {
      throw new MemoryException(Errno.EINVAL);
    }
    placeLayout(layout.withStartBrk(address));
  }

  /** The end of the heap: a byte address, not rounded. */
  public long brk() {
    return brk;
  }

  void moveBrk(long address) {
    brk = address;
  }

  /** {@link VmFlags} that every new area gets: mlockall(MCL_FUTURE). */
  public long defaultFlags() {
    return defaultFlags;
  }

  void changeDefaultFlags(long vmFlags) {
    defaultFlags = vmFlags;
  }

  public Limits limits() {
    return limits;
  }

  /** setrlimit. */
  public void changeLimits(Limits chosen) {
    limits = chosen;
  }

  public Capabilities capabilities() {
    return capabilities;
  }

  public void changeCapabilities(Capabilities chosen) {
    capabilities = chosen;
  }

  long stackGuardGapBytes() {
    return settings.stackGuardGapBytes();
  }

  /** Takes counts and marks of the address space that this one was forked from. */
  void inheritFrom(AddressSpace parent) {
    flags.set(parent.flags.get() & MmFlags.KEPT_BY_FORK);
    layout = parent.layout;
    brk = parent.brk;
    limits = parent.limits;
    capabilities = parent.capabilities;
  }

  @Override
  public long syncId() {
    return syncId;
  }

  @Override
  public String describePlace(long index) {
    String part = index == SEQUENCE ? "writing section" : index == USERS ? "users" : "flags";
    return "the " + part + " of address space " + mmId;
  }

  @Override
  public String toString() {
    return "AddressSpace[" + mmId + "]";
  }
}
