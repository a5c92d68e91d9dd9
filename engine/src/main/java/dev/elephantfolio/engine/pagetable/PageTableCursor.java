package dev.elephantfolio.engine.pagetable;

import dev.elephantfolio.engine.MemoryException;
import org.jspecify.annotations.Nullable;

/**
 * A place in the page tables whose table is locked, and the only way to change an entry.
 *
 * <p>The guarantee: between a successful {@code lock…} and {@link #unlock} the table hangs in the
 * tree, nobody else stores an entry of it, and only the processor may add YOUNG and DIRTY to a
 * present entry. A table found without its lock may be taken out of the tree before the lock is
 * had; {@code lockPte} looks again afterwards and says false when that happened.
 *
 * <p>Used by one thread; holds one table at a time, but a second cursor may hold a PTE table while
 * this one holds the PMD table above it, or two cursors two tables of one level when one is taken
 * by {@code lockPteNested}.
 */
public final class PageTableCursor {
  private final PageTables tables;
  private @Nullable PageTable table;
  private int index;

  public PageTableCursor(PageTables tables) {
    this.tables = tables;
  }

  /** Locks the PMD table over {@code address}; false when there is none. */
  public boolean lockPmd(long address) {
    PageTable pmd = tables.pmdTable(address);
    if (pmd == null) {
      return false;
    }
    pmd.lock().lock();
    hold(pmd, address);
    return true;
  }

  /** As {@link #lockPmd} beside another cursor that holds a PMD table. */
  public boolean lockPmdNested(long address) {
    PageTable pmd = tables.pmdTable(address);
    if (pmd == null) {
      return false;
    }
    pmd.lock().lockNested();
    hold(pmd, address);
    return true;
  }

  /**
   * Locks the PMD table over {@code address}, made when missing.
   *
   * @throws MemoryException ENOMEM
   */
  public void lockPmdAllocating(long address) {
    PageTable pmd = tables.pmdTableOrAllocate(address);
    pmd.lock().lock();
    hold(pmd, address);
  }

  /** Locks the PTE table over {@code address}; false when there is none. */
  public boolean lockPte(long address) {
    return lockPte(address, false);
  }

  /** As {@link #lockPte} beside another cursor that holds a PTE table. */
  public boolean lockPteNested(long address) {
    return lockPte(address, true);
  }

  private boolean lockPte(long address, boolean nested) {
    PageTable pmd = tables.pmdTable(address);
    if (pmd == null) {
      return false;
    }
    int slot = PageTable.index(address, PageTable.PMD);
    PageTable pte = pmd.child(slot);
    while (pte != null) {
      if (nested) {
        pte.lock().lockNested();
      } else {
        pte.lock().lock();
      }
      PageTable now = tables.looksAgain() ? pmd.child(slot) : pte;
      if (now == pte) {
        hold(pte, address);
        return true;
      }
      pte.lock().unlock();
      pte = now;
    }
    return false;
  }

  /**
   * Makes sure that a PTE table covers {@code address}.
   *
   * @return false when a leaf or a migration entry of the PMD level stands there instead
   * @throws MemoryException ENOMEM
   */
  public boolean ensurePteTable(long address) {
    PageTable pmd = tables.pmdTableOrAllocate(address);
    int slot = PageTable.index(address, PageTable.PMD);
    long entry = pmd.entry(slot);
    return Pte.isNone(entry) ? addPteTable(pmd, slot) : Pte.isTable(entry);
  }

  private boolean addPteTable(PageTable pmd, int slot) {
    PageTable made = tables.allocate(PageTable.PTE);
    pmd.lock().lockNested();
    long entry = pmd.entry(slot);
    if (Pte.isNone(entry)) {
      pmd.attach(slot, made);
      pmd.lock().unlock();
      return true;
    }
    pmd.lock().unlock();
    tables.release(made);
    return Pte.isTable(entry);
  }

  private void hold(PageTable held, long address) {
    table = held;
    index = PageTable.index(address, held.level());
  }

  private PageTable held() {
    PageTable held = table;
    if (held == null) {
      throw new IllegalStateException("the cursor holds no table");
    }
    return held;
  }

  public boolean isLocked() {
    return table != null;
  }

  public void unlock() {
    PageTable held = held();
    table = null;
    held.lock().unlock();
  }

  /** Moves to the slot of {@code address}, which the held table must cover. */
  public void seek(long address) {
    index = PageTable.index(address, held().level());
  }

  /** The slot of the held table, 0 to 511. */
  public int index() {
    return index;
  }

  public long entry() {
    return held().entry(index);
  }

  /** The entry {@code slots} further on in the held table. */
  public long entryAt(int slots) {
    return held().entry(index + slots);
  }

  /** Whether {@code count} entries from here on are none; they must lie in the held table. */
  public boolean isNone(int count) {
    PageTable held = held();
    for (int i = 0; i < count; i++) {
      if (held.entry(index + i) != Pte.NONE) {
        return false;
      }
    }
    return true;
  }

  /** Stores {@code entry} where no present entry stood (else use {@link #exchange}). */
  public void set(long entry) {
    held().store(index, entry);
  }

  public void setAt(int slots, long entry) {
    held().store(index + slots, entry);
  }

  /** Stores {@code entry} and gives what stood there, with the processor's last marks. */
  public long exchange(long entry) {
    return held().exchange(index, entry);
  }

  public long getAndClear() {
    return held().exchange(index, Pte.NONE);
  }

  /** Changes the bits of a present entry; marks that the processor adds meanwhile are kept. */
  public long update(long clearBits, long setBits) {
    PageTable held = held();
    while (true) {
      long old = held.entry(index);
      long entry = (old & ~clearBits) | setBits;
      if (held.compareAndSet(index, old, entry)) {
        return entry;
      }
    }
  }

  /** The PTE table below the held PMD slot, or null. */
  public @Nullable PageTable child() {
    return held().child(index);
  }

  /** Hangs {@code child} below the held PMD slot, in place of none or a leaf. */
  public void attach(PageTable child) {
    held().attach(index, child);
  }

  /** Takes the table below the held PMD slot out of the tree. */
  public PageTable detach() {
    return held().detach(index);
  }

  /** Keeps {@code tablePfn} with the held PMD table, for a huge entry to be split into. */
  public void deposit(int tablePfn) {
    PageTable held = held();
    tables.memMap().setLruNext(tablePfn, held.depositHead());
    held.setDeposits(tablePfn, held.depositCount() + 1);
  }

  /** Takes one deposited frame back, still counted as page-table memory. */
  public int withdraw() {
    PageTable held = held();
    int pfn = held.depositHead();
    if (pfn == 0) {
      throw new IllegalStateException("nothing deposited");
    }
    held.setDeposits(tables.memMap().lruNext(pfn), held.depositCount() - 1);
    return pfn;
  }

  /** An empty PTE table in a frame taken from the deposit; it hangs nowhere yet. */
  public PageTable withdrawTable() {
    return tables.tableIn(withdraw());
  }

  /** Stores into a table that hangs nowhere yet, so that nobody can see it. */
  public static void fill(PageTable unpublished, int slot, long entry) {
    unpublished.storeUnshared(slot, entry);
  }
}
