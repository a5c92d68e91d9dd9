package dev.elephantfolio.engine.mm;

import dev.elephantfolio.engine.Kernel;
import dev.elephantfolio.engine.folio.MapCounts;
import dev.elephantfolio.engine.frame.FolioFlags;
import dev.elephantfolio.engine.frame.MemMap;
import dev.elephantfolio.engine.notifier.InvalidateEvent;
import dev.elephantfolio.engine.notifier.InvalidateRange;
import dev.elephantfolio.engine.notifier.MmuNotifiers;
import dev.elephantfolio.engine.pagecache.MappedFile;
import dev.elephantfolio.engine.pagetable.PageTable;
import dev.elephantfolio.engine.pagetable.PageTableCursor;
import dev.elephantfolio.engine.pagetable.PageTables;
import dev.elephantfolio.engine.pagetable.Pte;
import dev.elephantfolio.engine.thp.PmdSplit;
import dev.elephantfolio.engine.tlb.TranslationGate;

/**
 * Brings the entries of an address range in line with the protection that its area has now.
 *
 * <pre>
 *  area now allows        | an entry of an exclusive anonymous page | of any other page
 *  -----------------------+-----------------------------------------+-----------------------------
 *  nothing                | PROT_NONE, not writable                 | the same
 *  reading                | not writable                            | not writable
 *  writing, private       | writable at once (if asked to try)      | not writable: a write copies
 *  writing, shared        |                                         | writable: shared memory, or
 *                         |                                         | a file's page that is dirty
 * </pre>
 *
 * A huge mapping within the range changes as a whole, one that reaches beyond is split. A writable
 * migration entry becomes readable; the page's next write fault decides again.
 *
 * <p>The caller holds mmap_lock for writing. Behaviour: change_protection, mm/mprotect.c of 6.18
 * without CONFIG_MEM_SOFT_DIRTY.
 */
public final class ChangeProtection {
  private final MemMap memMap;
  private final MapCounts mapCounts;
  private final PmdSplit pmdSplit;
  private final TranslationGate translations;

  public ChangeProtection(Kernel kernel) {
    this.memMap = kernel.memMap();
    this.mapCounts = kernel.mapCounts();
    this.pmdSplit = kernel.pmdSplit();
    this.translations = kernel.translations();
  }

  /**
   * Applies the flags of {@code vma} to the range, which lies within it.
   *
   * @param tryWritable make what needs no copy writable at once
   * @return pages whose entries were changed
   */
  public long change(Vma vma, long startAddress, long endAddress, boolean tryWritable) {
    Pass pass = new Pass(vma, tryWritable);
    long pages = 0;
    long at = startAddress;
    while (at < endAddress) {
      long partEnd = Math.min(PmdSteps.boundaryAbove(at, PageTable.PGD), endAddress);
      pages += changePart(pass, PmdSteps.populatedPud(vma.mm().tables(), at, partEnd), partEnd);
      at = partEnd;
    }
    if (pass.flushNeeded) {
      translations.flush();
      vma.mm().notifiers().invalidateSecondaryTlbs(startAddress, endAddress);
    }
    return pages;
  }

  /** Changes what one entry of the topmost table covers, from the first lower table on. */
  private static long changePart(Pass pass, long startAddress, long endAddress) {
    if (startAddress == endAddress) {
      return 0;
    }
    MmuNotifiers notifiers = pass.vma.mm().notifiers();
    InvalidateRange told =
        notifiers.start(InvalidateEvent.PROTECTION_VMA, startAddress, endAddress);
    PageTables tables = pass.tables;
    long pages = 0;
    long at = PmdSteps.populated(tables, startAddress, endAddress);
    while (at < endAddress) {
      long stepEnd = PmdSteps.stepEnd(at, endAddress);
      pages += pass.step(at, stepEnd);
      at = PmdSteps.populated(tables, stepEnd, endAddress);
    }
    notifiers.end(told);
    return pages;
  }

  /** One range of one area. */
  private final class Pass {
    private final Vma vma;
    private final PageTables tables;
    private final boolean tryWritable;
    private final boolean accessible;
    private boolean flushNeeded;

    Pass(Vma vma, boolean tryWritable) {
      this.vma = vma;
      this.tables = vma.mm().tables();
      this.tryWritable = tryWritable;
      this.accessible = vma.has(VmFlags.ACCESS);
    }

    long step(long at, long stepEnd) {
      if (Pte.isLeaf(tables.pmdEntry(at))) {
        PageTableCursor pmd = new PageTableCursor(tables);
        boolean whole = PmdSteps.isWhole(at, stepEnd);
        if (whole && pmd.lockPmd(at)) {
          boolean huge = Pte.isLeaf(pmd.entry());
          int changed = huge ? changeEntry(pmd, PageTable.ENTRIES, 0) : 0;
          pmd.unlock();
          if (huge) {
            return changed;
          }
        }
        pmdSplit.split(vma, at & Addresses.PMD_MASK);
      }
      return changeTable(at, stepEnd);
    }

    private int changeTable(long at, long stepEnd) {
      PageTableCursor pte = new PageTableCursor(tables);
      if (!pte.lockPte(at)) {
        return 0;
      }
      int pages = 0;
      int step;
      for (long address = at; address < stepEnd; address += (long) step << Addresses.PAGE_SHIFT) {
        pte.seek(address);
        step = batchLength(pte, PmdSteps.pages(address, stepEnd));
        pages += changeBatch(pte, address, step);
      }
      pte.unlock();
      return pages;
    }

    /** How many entries from here on map one large folio and have the same writability. */
    private int batchLength(PageTableCursor pte, int max) {
      long entry = pte.entry();
      if (!Pte.isPresent(entry) || Pte.isSpecial(entry)) {
        return 1;
      }
      int head = memMap.head(Pte.pfn(entry));
      int pages = memMap.pages(head);
      return pages == 1 ? 1 : PteBatch.lengthOfSameRights(pte, entry, max, head + pages);
    }

    /** Changes a batch; as in Linux, each entry takes over the age and dirt of all. */
    private int changeBatch(PageTableCursor pte, long address, int length) {
      long marks = length == 1 ? 0 : PteBatch.union(pte, length) & (Pte.YOUNG | Pte.DIRTY);
      int pages = 0;
      for (int i = 0; i < length; i++) {
        pte.seek(address + ((long) i << Addresses.PAGE_SHIFT));
        pages += changeEntry(pte, 1, marks);
      }
      return pages;
    }

    /** Changes the entry under the cursor, which maps {@code pages} pages; gives how many. */
    private int changeEntry(PageTableCursor cursor, int pages, long marks) {
      long old = cursor.entry();
      if (Pte.isPresent(old)) {
        long bits = mayWrite(old | marks) ? Pte.WRITABLE : 0;
        bits |= accessible ? 0 : Pte.PROT_NONE;
        long now = cursor.update(Pte.WRITABLE | Pte.PROT_NONE, bits | marks);
        flushNeeded |= (old & ~now & Pte.WRITABLE) != 0 || (now & ~old & Pte.PROT_NONE) != 0;
        return pages;
      }
      if (Pte.isMigration(old)) {
        cursor.set(migration(old));
        return Pte.isWritable(old) ? pages : 0;
      }
      return 0;
    }

    private boolean mayWrite(long entry) {
      if (!vma.has(VmFlags.WRITE)) {
        return false;
      }
      if (!vma.has(VmFlags.SHARED)) {
        return tryWritable && isExclusive(entry);
      }
      MappedFile file = vma.file();
      return file == null || file.isShmem() || Pte.isDirty(entry);
    }

    private boolean isExclusive(long entry) {
      int page = Pte.pfn(entry);
      return !Pte.isSpecial(entry)
          && memMap.testFlag(memMap.head(page), FolioFlags.ANON)
          && mapCounts.mayWrite(page);
    }

    private long migration(long old) {
      boolean anon = memMap.testFlag(memMap.head(Pte.pfn(old)), FolioFlags.ANON);
      boolean keepsOwner = Pte.isWritable(old) && anon;
      return (old & ~(Pte.WRITABLE | Pte.PROT_NONE))
          | (keepsOwner ? Pte.EXCLUSIVE : 0)
          | (accessible ? 0 : Pte.PROT_NONE);
    }
  }
}
