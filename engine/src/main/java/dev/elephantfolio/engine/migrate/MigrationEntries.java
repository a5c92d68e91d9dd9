package dev.elephantfolio.engine.migrate;

import dev.elephantfolio.engine.folio.Folios;
import dev.elephantfolio.engine.folio.MapCounts;
import dev.elephantfolio.engine.frame.Contents;
import dev.elephantfolio.engine.frame.FolioFlags;
import dev.elephantfolio.engine.frame.MemMap;
import dev.elephantfolio.engine.mm.RssKind;
import dev.elephantfolio.engine.mm.VmFlags;
import dev.elephantfolio.engine.mm.Vma;
import dev.elephantfolio.engine.notifier.InvalidateEvent;
import dev.elephantfolio.engine.notifier.InvalidateRange;
import dev.elephantfolio.engine.notifier.MmuNotifiers;
import dev.elephantfolio.engine.pagetable.PageTable;
import dev.elephantfolio.engine.pagetable.PageTableCursor;
import dev.elephantfolio.engine.pagetable.PageTables;
import dev.elephantfolio.engine.pagetable.Pte;
import dev.elephantfolio.engine.rmap.AnonVma;
import dev.elephantfolio.engine.rmap.ReverseMap;
import dev.elephantfolio.engine.thp.PmdSplit;
import dev.elephantfolio.engine.tlb.TranslationGate;

/**
 * Replaces every mapping of an anonymous folio by migration entries, and back. While they stand, a
 * fault on the page waits for the folio lock.
 *
 * <p>The caller holds the folio lock and the anon_vma lock for write. Behaviour: try_to_migrate and
 * remove_migration_ptes of 6.18.
 */
public final class MigrationEntries {
  private final MemMap memMap;
  private final Contents contents;
  private final Folios folios;
  private final MapCounts mapCounts;
  private final ReverseMap reverseMap;
  private final PmdSplit pmdSplit;
  private final TranslationGate translations;
  private final int zeroPfn;

  public MigrationEntries(
      MemMap memMap,
      Contents contents,
      Folios folios,
      MapCounts mapCounts,
      ReverseMap reverseMap,
      PmdSplit pmdSplit,
      TranslationGate translations,
      int zeroPfn) {
    this.memMap = memMap;
    this.contents = contents;
    this.folios = folios;
    this.mapCounts = mapCounts;
    this.reverseMap = reverseMap;
    this.pmdSplit = pmdSplit;
    this.translations = translations;
    this.zeroPfn = zeroPfn;
  }

  /** Unmaps {@code head} everywhere. Mappings of pinned exclusive pages stay. */
  public void unmap(int head, AnonVma anonVma) {
    int pages = 1 << memMap.order(head);
    reverseMap.walk(
        head,
        pages,
        anonVma,
        (vma, address, firstPage, count) -> {
          MmuNotifiers notifiers = vma.mm().notifiers();
          long end = address + ((long) count << PageTables.PAGE_SHIFT);
          InvalidateRange told = notifiers.start(InvalidateEvent.CLEAR, address, end);
          unmapFrom(head, pages, vma, address, end);
          notifiers.end(told);
          return mapCounts.isMapped(head);
        });
  }

  private void unmapFrom(int head, int folioPages, Vma vma, long address, long end) {
    if (splitHuge(head, vma, address)) {
      return;
    }
    PageTableCursor pte = new PageTableCursor(vma.mm().tables());
    for (long at = address; at < end; at = nextTable(at)) {
      if (pte.lockPte(at)) {
        unmapTable(pte, head, folioPages, vma, at, Math.min(end, nextTable(at)));
        pte.unlock();
      }
    }
  }

  /** Splits a huge mapping of the folio into migration entries; false when there is none. */
  private boolean splitHuge(int head, Vma vma, long address) {
    PageTableCursor pmd = new PageTableCursor(vma.mm().tables());
    if (!Pte.isLeaf(vma.mm().tables().pmdEntry(address)) || !pmd.lockPmd(address)) {
      return false;
    }
    long entry = pmd.entry();
    boolean ours = Pte.isLeaf(entry) && Pte.isPresent(entry) && Pte.pfn(entry) == head;
    if (ours) {
      pmdSplit.splitLocked(pmd, address & PageTables.PMD_MASK, vma, true);
    }
    boolean done = ours && Pte.isTable(pmd.entry());
    pmd.unlock();
    return done;
  }

  private void unmapTable(
      PageTableCursor pte, int head, int folioPages, Vma vma, long from, long end) {
    int gone = 0;
    for (long at = from; at < end; at += PageTables.PAGE_SIZE) {
      pte.seek(at);
      long entry = pte.entry();
      if (maps(entry, head, folioPages) && unmapPage(pte, head, vma)) {
        gone++;
      }
    }
    translations.flush();
    vma.mm().notifiers().invalidateSecondaryTlbs(from, end);
    folios.put(head, gone);
  }

  private static boolean maps(long entry, int head, int folioPages) {
    return Pte.isPresent(entry)
        && !Pte.isSpecial(entry)
        && Integer.compareUnsigned(Pte.pfn(entry) - head, folioPages) < 0;
  }

  private boolean unmapPage(PageTableCursor pte, int head, Vma vma) {
    long old = pte.getAndClear();
    int page = Pte.pfn(old);
    boolean exclusive = mapCounts.isExclusive(page);
    if (exclusive) {
      translations.flush();
      if (!mapCounts.tryShare(head, page)) {
        pte.set(old);
        return false;
      }
    }
    if (Pte.isDirty(old)) {
      memMap.setFlag(head, FolioFlags.DIRTY);
    }
    pte.set(Pte.migration(old, exclusive));
    mapCounts.removePtes(head, page, 1, vma);
    return true;
  }

  /**
   * Maps again what {@link #unmap} unmapped.
   *
   * @param oldHead the folio as it was when it was unmapped, of {@code oldPages} pages; its frames
   *     may by now be several folios
   * @param zeroToZeroPage map small pages of zeroes to the zero page and drop them instead
   */
  public void remap(int oldHead, int oldPages, AnonVma anonVma, boolean zeroToZeroPage) {
    reverseMap.walk(
        oldHead,
        oldPages,
        anonVma,
        (vma, address, firstPage, count) -> {
          remapIn(oldHead, oldPages, vma, address, count, zeroToZeroPage);
          return true;
        });
  }

  private void remapIn(
      int oldHead, int oldPages, Vma vma, long address, int count, boolean zeroToZeroPage) {
    long end = address + ((long) count << PageTables.PAGE_SHIFT);
    PageTableCursor pte = new PageTableCursor(vma.mm().tables());
    for (long at = address; at < end; at = nextTable(at)) {
      if (pte.lockPte(at)) {
        long stop = Math.min(end, nextTable(at));
        for (long page = at; page < stop; page += PageTables.PAGE_SIZE) {
          pte.seek(page);
          long entry = pte.entry();
          if (Pte.isMigration(entry)
              && Integer.compareUnsigned(Pte.pfn(entry) - oldHead, oldPages) < 0) {
            remapPage(pte, vma, entry, zeroToZeroPage);
          }
        }
        pte.unlock();
      }
    }
  }

  private void remapPage(PageTableCursor pte, Vma vma, long entry, boolean zeroToZeroPage) {
    int page = Pte.pfn(entry);
    int head = memMap.head(page);
    boolean exclusive = Pte.isExclusive(entry);
    if (zeroToZeroPage && !memMap.isLarge(head) && isUnusedZero(vma, page)) {
      long bits = entry & (Pte.SOFT_DIRTY | Pte.PROT_NONE);
      pte.set(Pte.present(zeroPfn, Pte.SPECIAL | bits));
      vma.mm().addRss(RssKind.ANON, -1);
      return;
    }
    folios.get(head);
    mapCounts.addAnonPtes(head, page, 1, vma, exclusive);
    pte.set(Pte.fromMigration(entry, page));
  }

  private boolean isUnusedZero(Vma vma, int page) {
    return !vma.has(VmFlags.LOCKED)
        && !memMap.testFlag(page, FolioFlags.MLOCKED)
        && contents.isZero(page);
  }

  private static long nextTable(long address) {
    return (address & PageTables.PMD_MASK) + PageTable.span(PageTable.PMD);
  }
}
