package dev.elephantfolio.engine.pagetable;

import dev.elephantfolio.engine.Errno;
import dev.elephantfolio.engine.MemoryException;
import dev.elephantfolio.engine.frame.FolioFlags;
import dev.elephantfolio.engine.frame.GfpFlags;
import dev.elephantfolio.engine.frame.MemMap;
import dev.elephantfolio.engine.frame.PageAllocator;
import dev.elephantfolio.engine.sync.Mutation;
import dev.elephantfolio.engine.sync.Mutations;
import java.util.concurrent.atomic.AtomicInteger;
import java.util.concurrent.atomic.LongAdder;
import org.jspecify.annotations.Nullable;

/**
 * The page tables of one address space: four levels, 47 bits of addresses.
 *
 * <p>Walks take no lock. Tables are added under the lock of the table above; a PTE table is taken
 * away by a collapse (under the PMD lock) or when the address range is unmapped (under mmap_lock
 * for write). Each table but the root occupies a frame and counts as page-table memory.
 */
public final class PageTables {
  public static final long PMD_SIZE = PageTable.span(PageTable.PMD);
  public static final long PMD_MASK = -PMD_SIZE;
  public static final long PAGE_SIZE = 4096;
  public static final int PAGE_SHIFT = 12;

  private static final int GFP_TABLE = GfpFlags.DIRECT_RECLAIM | GfpFlags.KSWAPD_RECLAIM;

  private final PageAllocator pages;
  private final MemMap memMap;
  private final LongAdder machineTables;
  private final AtomicInteger tables = new AtomicInteger();
  private final PageTable root;
  private final boolean looksAgain;

  /** With all protections in place. */
  public PageTables(PageAllocator pages, MemMap memMap, LongAdder machineTables) {
    this(pages, memMap, machineTables, Mutations.NONE);
  }

  /**
   * @param machineTables the machine's count of page-table frames (NR_PAGETABLE)
   * @throws MemoryException ENOMEM when there is no frame for the root
   */
  public PageTables(
      PageAllocator pages, MemMap memMap, LongAdder machineTables, Mutations mutations) {
    this.looksAgain = !mutations.has(Mutation.NO_RECHECK_AFTER_TABLE_LOCK);
    this.pages = pages;
    this.memMap = memMap;
    this.machineTables = machineTables;
    this.root = new PageTable(PageTable.PGD, takeFrame());
  }

  /** Bytes of tables below the root, deposits included: what VmPTE of a process shows. */
  public long tableBytes() {
    return tables.get() * PAGE_SIZE;
  }

  public PageTable root() {
    return root;
  }

  /** The PMD table that covers {@code address}, or null. */
  public @Nullable PageTable pmdTable(long address) {
    PageTable pud = root.child(PageTable.index(address, PageTable.PGD));
    return pud == null ? null : pud.child(PageTable.index(address, PageTable.PUD));
  }

  /** The PTE table that covers {@code address}; null when there is none or a leaf stands there. */
  public @Nullable PageTable pteTable(long address) {
    PageTable pmd = pmdTable(address);
    return pmd == null ? null : pmd.child(PageTable.index(address, PageTable.PMD));
  }

  /** The PMD entry that covers {@code address}; {@link Pte#NONE} without a PMD table. */
  public long pmdEntry(long address) {
    PageTable pmd = pmdTable(address);
    return pmd == null ? Pte.NONE : pmd.entry(PageTable.index(address, PageTable.PMD));
  }

  /**
   * The entry that translates {@code address} now: a PMD entry with {@link Pte#LEAF}, a PTE, or
   * {@link Pte#NONE}.
   */
  public long load(long address) {
    PageTable pmd = pmdTable(address);
    if (pmd == null) {
      return Pte.NONE;
    }
    int index = PageTable.index(address, PageTable.PMD);
    long entry = pmd.entry(index);
    if (!Pte.isTable(entry)) {
      return entry;
    }
    PageTable pte = pmd.child(index);
    return pte == null ? Pte.NONE : pte.entry(PageTable.index(address, PageTable.PTE));
  }

  /**
   * What the processor does to the entry it uses: sets YOUNG and, for a write, DIRTY.
   *
   * @param entry the entry that {@link #load} gave
   * @return false when the entry changed meanwhile and must be loaded again
   */
  public boolean markAccessed(long address, long entry, boolean write) {
    long marked = entry | Pte.YOUNG | (write ? Pte.DIRTY | Pte.SOFT_DIRTY : 0);
    if (marked == entry) {
      return true;
    }
    PageTable table = Pte.isLeaf(entry) ? pmdTable(address) : pteTable(address);
    return table != null
        && table.compareAndSet(PageTable.index(address, table.level()), entry, marked);
  }

  /**
   * Takes YOUNG off the entry that translates {@code address}; whether it had it. Needs no lock: an
   * access may set it again at any time anyway.
   */
  public boolean clearYoung(long address) {
    long entry = load(address);
    while (Pte.isPresent(entry) && Pte.isYoung(entry)) {
      PageTable table = Pte.isLeaf(entry) ? pmdTable(address) : pteTable(address);
      int index = PageTable.index(address, Pte.isLeaf(entry) ? PageTable.PMD : PageTable.PTE);
      if (table != null && table.compareAndSet(index, entry, entry & ~Pte.YOUNG)) {
        return true;
      }
      entry = load(address);
    }
    return false;
  }

  /**
   * Makes sure that a PMD table covers {@code address}.
   *
   * @throws MemoryException ENOMEM
   */
  public void ensurePmdTable(long address) {
    PageTable _ = pmdTableOrAllocate(address);
  }

  /**
   * The PMD table for {@code address}, made with what stands above it when missing.
   *
   * @throws MemoryException ENOMEM
   */
  PageTable pmdTableOrAllocate(long address) {
    PageTable pud = childOrAllocate(root, address);
    return childOrAllocate(pud, address);
  }

  PageTable childOrAllocate(PageTable upper, long address) {
    int index = PageTable.index(address, upper.level());
    PageTable child = upper.child(index);
    return child != null ? child : allocateChild(upper, index);
  }

  private PageTable allocateChild(PageTable upper, int index) {
    PageTable made = allocate(upper.level() - 1);
    upper.lock().lockNested();
    try {
      PageTable winner = upper.child(index);
      if (winner == null) {
        upper.attach(index, made);
        return made;
      }
      release(made);
      return winner;
    } finally {
      upper.lock().unlock();
    }
  }

  /**
   * A new table that hangs nowhere yet.
   *
   * @throws MemoryException ENOMEM
   */
  public PageTable allocate(int level) {
    return new PageTable(level, allocateFrame());
  }

  /**
   * A frame for a PTE table to be deposited for a huge entry.
   *
   * @throws MemoryException ENOMEM
   */
  public int allocateFrame() {
    int pfn = takeFrame();
    tables.getAndIncrement();
    machineTables.increment();
    return pfn;
  }

  /** The PTE table for a frame that was withdrawn from a deposit. */
  PageTable tableIn(int pfn) {
    return new PageTable(PageTable.PTE, pfn);
  }

  /** Gives back a table that hangs nowhere. */
  public void release(PageTable table) {
    releaseFrame(table.pfn());
  }

  /** Gives back a table frame that is deposited nowhere. */
  public void releaseFrame(int pfn) {
    giveFrame(pfn);
    tables.getAndDecrement();
    machineTables.decrement();
  }

  /** Frees the root; everything below must be gone. */
  public void destroy() {
    if (tables.get() != 0) {
      throw new IllegalStateException(tables.get() + " tables left below the root");
    }
    giveFrame(root.pfn());
  }

  private int takeFrame() {
    int pfn = pages.allocate(0, GFP_TABLE);
    if (pfn == 0) {
      throw new MemoryException(Errno.ENOMEM);
    }
    memMap.setFlagUnshared(pfn, FolioFlags.PAGE_TABLE);
    return pfn;
  }

  private void giveFrame(int pfn) {
    if (memMap.put(pfn, 1) == 0) {
      pages.free(pfn, 0);
    }
  }

  /** Whether who has locked a table looks again whether it still hangs in the tree. */
  boolean looksAgain() {
    return looksAgain;
  }

  MemMap memMap() {
    return memMap;
  }
}
