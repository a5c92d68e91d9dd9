package dev.elephantfolio.engine.stat;

import dev.elephantfolio.engine.folio.MapCounts;
import dev.elephantfolio.engine.frame.FolioFlags;
import dev.elephantfolio.engine.frame.MemMap;
import dev.elephantfolio.engine.mm.AddressSpace;
import dev.elephantfolio.engine.mm.VmFlags;
import dev.elephantfolio.engine.mm.Vma;
import dev.elephantfolio.engine.pagetable.PageTable;
import dev.elephantfolio.engine.pagetable.PageTableCursor;
import dev.elephantfolio.engine.pagetable.PageTables;
import dev.elephantfolio.engine.pagetable.Pte;

/**
 * Adds up what smaps shows. One walk may go over several VMAs; it is used by one thread.
 *
 * <p>The caller holds mmap_lock for read; page-table locks are taken table by table, so the sums
 * are of no single moment when others fault meanwhile, as in Linux. Behaviour: smap_gather_stats
 * and smaps_account, fs/proc/task_mmu.c of 6.18.
 */
public final class SmapsWalk {
  /** Fractions of a byte in which Pss is added up. */
  private static final int PSS_SHIFT = 12;

  private static final long PAGE = PageTables.PAGE_SIZE;

  private final MemMap memMap;
  private final MapCounts mapCounts;
  private long rss;
  private long pss;
  private long pssDirty;
  private long sharedClean;
  private long sharedDirty;
  private long privateClean;
  private long privateDirty;
  private long referenced;
  private long anonymous;
  private long ksm;
  private long lazyFree;
  private long anonHuge;
  private long pssLocked;

  public SmapsWalk(MemMap memMap, MapCounts mapCounts) {
    this.memMap = memMap;
    this.mapCounts = mapCounts;
  }

  /** Adds everything that {@code mm} maps. Takes mmap_lock for read. */
  public SmapsWalk addAll(AddressSpace mm) {
    mm.mmapReadLock();
    try {
      for (Vma vma = mm.vmas().find(0); vma != null; vma = mm.vmas().next(vma)) {
        add(vma);
      }
    } finally {
      mm.mmapReadUnlock();
    }
    return this;
  }

  /** Adds what {@code vma} maps. */
  public SmapsWalk add(Vma vma) {
    PageTables tables = vma.mm().tables();
    PageTableCursor cursor = new PageTableCursor(tables);
    for (long at = vma.start(); at < vma.end(); at = nextHuge(at)) {
      long pmd = tables.pmdEntry(at);
      if (Pte.isTable(pmd)) {
        addTable(cursor, vma, at, Math.min(vma.end(), nextHuge(at)));
      } else if (Pte.isLeaf(pmd)) {
        addHuge(cursor, vma, at);
      }
    }
    return this;
  }

  private static long nextHuge(long address) {
    return (address & PageTables.PMD_MASK) + PageTables.PMD_SIZE;
  }

  private void addHuge(PageTableCursor cursor, Vma vma, long address) {
    if (!cursor.lockPmd(address)) {
      return;
    }
    long entry = cursor.entry();
    if (Pte.isLeaf(entry) && Pte.isPresent(entry) && !Pte.isSpecial(entry)) {
      anonHuge += PageTables.PMD_SIZE;
      account(Pte.pfn(entry), PageTable.ENTRIES, entry, vma);
    }
    cursor.unlock();
  }

  private void addTable(PageTableCursor cursor, Vma vma, long from, long end) {
    if (!cursor.lockPte(from)) {
      return;
    }
    int count = (int) ((end - from) >>> PageTables.PAGE_SHIFT);
    for (int i = 0; i < count; i++) {
      long entry = cursor.entryAt(i);
      if (Pte.isPresent(entry) && !Pte.isSpecial(entry)) {
        account(Pte.pfn(entry), 1, entry, vma);
      }
    }
    cursor.unlock();
  }

  private void account(int page, int pages, long entry, Vma vma) {
    int head = memMap.head(page);
    long size = pages * PAGE;
    boolean dirty = Pte.isDirty(entry) || memMap.testFlag(head, FolioFlags.DIRTY);
    boolean locked = vma.has(VmFlags.LOCKED);
    rss += size;
    if (memMap.testFlag(head, FolioFlags.ANON)) {
      anonymous += size;
      if (!memMap.testFlag(head, FolioFlags.SWAPBACKED) && !dirty) {
        lazyFree += size;
      }
    }
    if (memMap.testFlag(head, FolioFlags.KSM)) {
      ksm += size;
    }
    if (Pte.isYoung(entry) || memMap.testFlag(head, FolioFlags.REFERENCED)) {
      referenced += size;
    }
    if (memMap.refCount(head) == 1) {
      accumulate(size, size << PSS_SHIFT, dirty, locked, true);
      return;
    }
    for (int i = 0; i < pages; i++) {
      int times = mapCounts.pageMapCount(page + i);
      long share = (PAGE << PSS_SHIFT) / Math.max(times, 1);
      accumulate(PAGE, share, dirty, locked, times < 2);
    }
  }

  private void accumulate(long size, long share, boolean dirty, boolean locked, boolean alone) {
    pss += share;
    if (locked) {
      pssLocked += share;
    }
    if (dirty) {
      pssDirty += share;
    }
    if (alone) {
      privateDirty += dirty ? size : 0;
      privateClean += dirty ? 0 : size;
    } else {
      sharedDirty += dirty ? size : 0;
      sharedClean += dirty ? 0 : size;
    }
  }

  /** The sums so far. */
  public Smaps sum() {
    return new Smaps(
        rss,
        pss >>> PSS_SHIFT,
        pssDirty >>> PSS_SHIFT,
        sharedClean,
        sharedDirty,
        privateClean,
        privateDirty,
        referenced,
        anonymous,
        ksm,
        lazyFree,
        anonHuge,
        0,
        0,
        0,
        0,
        pssLocked >>> PSS_SHIFT);
  }
}
