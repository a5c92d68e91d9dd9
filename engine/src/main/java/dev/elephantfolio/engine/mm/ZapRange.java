package dev.elephantfolio.engine.mm;

import dev.elephantfolio.engine.Kernel;
import dev.elephantfolio.engine.folio.FolioAge;
import dev.elephantfolio.engine.folio.Folios;
import dev.elephantfolio.engine.folio.MapCounts;
import dev.elephantfolio.engine.frame.FolioFlags;
import dev.elephantfolio.engine.frame.MemMap;
import dev.elephantfolio.engine.notifier.InvalidateEvent;
import dev.elephantfolio.engine.notifier.InvalidateRange;
import dev.elephantfolio.engine.notifier.MmuNotifiers;
import dev.elephantfolio.engine.pagetable.FreePageTables;
import dev.elephantfolio.engine.pagetable.PageTable;
import dev.elephantfolio.engine.pagetable.PageTableCursor;
import dev.elephantfolio.engine.pagetable.PageTables;
import dev.elephantfolio.engine.pagetable.Pte;
import dev.elephantfolio.engine.sync.Mutations;
import dev.elephantfolio.engine.thp.PmdSplit;
import dev.elephantfolio.engine.tlb.TranslationGate;

/**
 * Takes the pages of an address range out of the page tables. What nobody else uses is freed, once
 * no processor can use an old translation.
 *
 * <p>A huge mapping that lies within the range goes as a whole; one that reaches beyond is split
 * first:
 *
 * <pre>
 *           start                          end
 *             |                             |
 *   [  PMD  ] [  PMD  ] [ PTEs ] [  PMD    ]|[ ...
 *     stays     whole     each     split, then each PTE below end
 * </pre>
 *
 * <p>The caller holds mmap_lock (reading suffices) or the area's own lock. Behaviour: zap_pmd_range
 * and zap_pte_range, mm/memory.c of 6.18.
 */
public final class ZapRange {
  /** What goes besides pages. */
  private enum Mode {
    /** The area goes: guard markers too. */
    UNMAP,
    /** The area stays: guard markers stay, empty PTE tables go. */
    DISCARD,
    /** Only pages go. */
    CLEAR
  }

  private final MemMap memMap;
  private final Folios folios;
  private final FolioAge age;
  private final MapCounts mapCounts;
  private final PmdSplit pmdSplit;
  private final TranslationGate translations;
  private final Mutations mutations;

  public ZapRange(Kernel kernel) {
    this.memMap = kernel.memMap();
    this.folios = kernel.folios();
    this.age = new FolioAge(memMap, folios.lru(), kernel.events());
    this.mapCounts = kernel.mapCounts();
    this.pmdSplit = kernel.pmdSplit();
    this.translations = kernel.translations();
    this.mutations = kernel.mutations();
  }

  /**
   * Drops everything in the range, as munmap and exit do, who have told the notifiers. Its page
   * tables stay for now.
   */
  public void unmap(Vma vma, long startAddress, long endAddress) {
    zap(vma, startAddress, endAddress, Mode.UNMAP);
  }

  /**
   * Drops the pages of the range, as MADV_DONTNEED does: guard markers stay, and PTE tables that
   * the range covers wholly and that are empty afterwards are freed.
   */
  public void discard(Vma vma, long startAddress, long endAddress) {
    vma.mm().updateHiwaterRss();
    tellAndZap(vma, startAddress, endAddress, Mode.DISCARD);
  }

  /** Drops the pages of the range and nothing else. */
  public void clear(Vma vma, long startAddress, long endAddress) {
    vma.mm().updateHiwaterRss();
    tellAndZap(vma, startAddress, endAddress, Mode.CLEAR);
  }

  private void tellAndZap(Vma vma, long start, long end, Mode mode) {
    if (start == end) {
      return;
    }
    MmuNotifiers notifiers = vma.mm().notifiers();
    InvalidateRange told = notifiers.start(InvalidateEvent.CLEAR, start, end);
    zap(vma, start, end, mode);
    notifiers.end(told);
  }

  private void zap(Vma vma, long start, long end, Mode mode) {
    PageTables tables = vma.mm().tables();
    PageGather gather = new PageGather(translations, folios, mutations, vma.mm(), start, end);
    Pass pass = new Pass(vma, mode, gather);
    long at = PmdSteps.populated(tables, start, end);
    while (at < end) {
      long stepEnd = PmdSteps.stepEnd(at, end);
      pass.step(at, stepEnd);
      at = PmdSteps.populated(tables, stepEnd, end);
    }
    pass.gather.flush();
  }

  /** One range of one area on its way out. */
  private final class Pass {
    private final Vma vma;
    private final Mode mode;
    private final PageTables tables;
    private final PageGather gather;

    Pass(Vma vma, Mode mode, PageGather gather) {
      this.vma = vma;
      this.mode = mode;
      this.gather = gather;
      this.tables = vma.mm().tables();
    }

    void step(long at, long stepEnd) {
      boolean whole = PmdSteps.isWhole(at, stepEnd);
      if (Pte.isLeaf(tables.pmdEntry(at))) {
        if (whole && zapHuge(at)) {
          return;
        }
        pmdSplit.split(vma, at & Addresses.PMD_MASK);
      }
      zapTable(at, stepEnd);
      if (whole && mode == Mode.DISCARD) {
        FreePageTables.reclaimIfEmpty(tables, at);
      }
    }

    /** Drops a whole huge mapping; false when somebody split it meanwhile. */
    private boolean zapHuge(long at) {
      PageTableCursor pmd = new PageTableCursor(tables);
      if (!pmd.lockPmd(at)) {
        return true;
      }
      boolean huge = Pte.isLeaf(pmd.entry());
      if (huge) {
        dropHuge(pmd.getAndClear());
        tables.releaseFrame(pmd.withdraw());
      }
      pmd.unlock();
      return huge;
    }

    private void dropHuge(long old) {
      if (Pte.isSpecial(old)) {
        gather.addTranslation();
        return;
      }
      int head = memMap.head(Pte.pfn(old));
      vma.mm().addRss(RssKind.of(memMap, head), -PageTable.ENTRIES);
      if (Pte.isPresent(old)) {
        mapCounts.removePmd(head, vma);
        gather.add(head, 1);
      }
    }

    private void zapTable(long at, long stepEnd) {
      PageTableCursor pte = new PageTableCursor(tables);
      if (!pte.lockPte(at)) {
        return;
      }
      ZapTally tally = new ZapTally();
      long address = at;
      while (address < stepEnd) {
        pte.seek(address);
        int dropped = zapEntry(pte, address, PmdSteps.pages(address, stepEnd), tally);
        address += (long) dropped << Addresses.PAGE_SHIFT;
      }
      tally.tell(vma.mm(), mapCounts);
      pte.unlock();
    }

    /** Deals with the entry there, and up to {@code max} that go on with it; gives how many. */
    private int zapEntry(PageTableCursor pte, long address, int max, ZapTally tally) {
      long entry = pte.entry();
      if (Pte.isNone(entry)) {
        return 1;
      }
      if (!Pte.isPresent(entry)) {
        zapNonPresent(pte, entry, tally);
        return 1;
      }
      if (Pte.isSpecial(entry)) {
        long _ = pte.getAndClear();
        gather.addTranslation();
        return 1;
      }
      int head = memMap.head(Pte.pfn(entry));
      int pages = memMap.pages(head);
      int count = pages == 1 ? 1 : PteBatch.length(pte, entry, max, head + pages);
      long marks = PteBatch.getAndClear(pte, address, count);
      dropSmall(head, Pte.pfn(entry), count, marks, tally);
      return count;
    }

    private void dropSmall(int head, int page, int count, long marks, ZapTally tally) {
      RssKind kind = RssKind.of(memMap, head);
      if (kind != RssKind.ANON) {
        keepMarks(head, marks);
      }
      tally.remove(kind, count);
      tally.unmapped(kind, mapCounts.removePtesUntold(head, page, count, vma));
      gather.add(head, count);
    }

    /** A file's folio outlives its mapping, and remembers that it was written and used. */
    private void keepMarks(int head, long marks) {
      if (Pte.isDirty(marks)) {
        memMap.setFlag(head, FolioFlags.DIRTY);
      }
      if (Pte.isYoung(marks) && !vma.has(VmFlags.SEQ_READ | VmFlags.RAND_READ)) {
        age.markAccessed(head);
      }
    }

    private void zapNonPresent(PageTableCursor pte, long entry, ZapTally tally) {
      if (Pte.isMigration(entry)) {
        // Its folio counts this place neither as a mapping nor as a reference.
        tally.remove(RssKind.of(memMap, memMap.head(Pte.pfn(entry))), 1);
      } else if (!Pte.isGuard(entry)) {
        throw new IllegalStateException("an entry of no known kind: " + Long.toHexString(entry));
      } else if (mode != Mode.UNMAP) {
        return;
      }
      pte.set(Pte.NONE);
    }
  }
}
