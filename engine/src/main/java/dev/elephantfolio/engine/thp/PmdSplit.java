package dev.elephantfolio.engine.thp;

import dev.elephantfolio.engine.folio.Folios;
import dev.elephantfolio.engine.folio.MapCounts;
import dev.elephantfolio.engine.frame.FolioFlags;
import dev.elephantfolio.engine.frame.MemMap;
import dev.elephantfolio.engine.mm.Vma;
import dev.elephantfolio.engine.notifier.InvalidateEvent;
import dev.elephantfolio.engine.notifier.InvalidateRange;
import dev.elephantfolio.engine.notifier.MmuNotifiers;
import dev.elephantfolio.engine.pagetable.PageTable;
import dev.elephantfolio.engine.pagetable.PageTableCursor;
import dev.elephantfolio.engine.pagetable.PageTables;
import dev.elephantfolio.engine.pagetable.Pte;
import dev.elephantfolio.engine.stat.VmEvent;
import dev.elephantfolio.engine.stat.VmEvents;
import dev.elephantfolio.engine.sync.Mutation;
import dev.elephantfolio.engine.sync.Mutations;
import dev.elephantfolio.engine.tlb.TranslationGate;
import org.jspecify.annotations.Nullable;

/**
 * Splits one huge mapping into 512 small ones. Always succeeds: the table was deposited when the
 * huge page was mapped. The folio stays whole, mapped by PTEs.
 *
 * <p>Behaviour: __split_huge_pmd_locked, mm/huge_memory.c of 6.18.
 */
public final class PmdSplit {
  private static final int PAGES = PageTable.ENTRIES;
  private static final long KEPT =
      Pte.WRITABLE | Pte.YOUNG | Pte.DIRTY | Pte.SOFT_DIRTY | Pte.PROT_NONE;

  private final MemMap memMap;
  private final Folios folios;
  private final MapCounts mapCounts;
  private final TranslationGate translations;
  private final VmEvents events;
  private final int zeroPfn;
  private final boolean alwaysExclusive;

  /**
   * @param zeroPfn the frame of zeroes that read faults map
   */
  public PmdSplit(
      MemMap memMap,
      Folios folios,
      MapCounts mapCounts,
      TranslationGate translations,
      VmEvents events,
      int zeroPfn,
      Mutations mutations) {
    this.memMap = memMap;
    this.folios = folios;
    this.mapCounts = mapCounts;
    this.translations = translations;
    this.events = events;
    this.zeroPfn = zeroPfn;
    this.alwaysExclusive = mutations.has(Mutation.EXCLUSIVE_AFTER_PMD_SPLIT);
  }

  /** Splits the huge mapping over {@code address}, if one stands there. Takes the PMD lock. */
  public void split(Vma vma, long address) {
    if (Pte.isLeaf(vma.mm().tables().pmdEntry(address))) {
      tellAndSplit(vma, address & PageTables.PMD_MASK);
    }
  }

  private void tellAndSplit(Vma vma, long huge) {
    MmuNotifiers notifiers = vma.mm().notifiers();
    InvalidateRange told = notifiers.start(InvalidateEvent.CLEAR, huge, huge + PageTables.PMD_SIZE);
    PageTableCursor pmd = new PageTableCursor(vma.mm().tables());
    if (pmd.lockPmd(huge)) {
      if (Pte.isLeaf(pmd.entry())) {
        splitLocked(pmd, huge, vma, false);
      }
      pmd.unlock();
    }
    notifiers.end(told);
  }

  /**
   * Before a boundary of {@code vma} moves: splits the huge mappings that would straddle the new
   * start or end, and those of {@code next} that would straddle the end when it becomes its start.
   */
  public void adjust(Vma vma, long startAddress, long endAddress, @Nullable Vma next) {
    splitAtUnaligned(vma, startAddress);
    splitAtUnaligned(vma, endAddress);
    if (next != null) {
      splitAtUnaligned(next, endAddress);
    }
  }

  /**
   * Splits the mapping around {@code address} unless that is a boundary of huge pages. As in Linux,
   * notifiers are told whenever there is a table in which a huge mapping could stand.
   */
  public void splitAtUnaligned(Vma vma, long address) {
    long huge = address & PageTables.PMD_MASK;
    boolean within = vma.start() <= huge && huge + PageTables.PMD_SIZE <= vma.end();
    if (huge != address && within && vma.mm().tables().pmdTable(huge) != null) {
      tellAndSplit(vma, huge);
    }
  }

  /**
   * Splits the leaf under {@code pmd}, whose table is locked, at {@code hugeAddress}. Who calls
   * this has told the address space's notifiers of a range around it.
   *
   * @param freeze leave migration entries instead of present ones, because the folio is about to be
   *     split or moved; not done when the folio is pinned
   */
  public void splitLocked(PageTableCursor pmd, long hugeAddress, Vma vma, boolean freeze) {
    events.count(VmEvent.THP_SPLIT_PMD);
    long old = invalidate(pmd);
    translations.flush();
    vma.mm().notifiers().invalidateSecondaryTlbs(hugeAddress, hugeAddress + PageTables.PMD_SIZE);
    PageTable table = pmd.withdrawTable();
    if (Pte.isSpecial(old)) {
      fillZero(table, old);
      pmd.attach(table);
    } else if (Pte.isMigration(old)) {
      fillMigration(table, old);
      pmd.attach(table);
    } else {
      splitMapped(pmd, table, vma, old, freeze);
    }
  }

  /**
   * Keeps accesses out while the leaf goes on standing there: whoever looks without the lock must
   * not take the place for empty. Gives the entry with the processor's last marks.
   */
  private static long invalidate(PageTableCursor pmd) {
    long forbidden = pmd.entry() & Pte.PROT_NONE;
    return (pmd.update(0, Pte.PROT_NONE) & ~Pte.PROT_NONE) | forbidden;
  }

  private void fillZero(PageTable table, long old) {
    long bits = Pte.SPECIAL | (old & (Pte.PROT_NONE | Pte.YOUNG | Pte.SOFT_DIRTY));
    for (int i = 0; i < PAGES; i++) {
      PageTableCursor.fill(table, i, Pte.present(zeroPfn, bits));
    }
  }

  private static void fillMigration(PageTable table, long old) {
    long small = old & ~Pte.LEAF;
    for (int i = 0; i < PAGES; i++) {
      PageTableCursor.fill(table, i, Pte.advance(small, i));
    }
  }

  private void splitMapped(
      PageTableCursor pmd, PageTable table, Vma vma, long old, boolean freeze) {
    int head = Pte.pfn(old);
    boolean exclusive = mapCounts.isExclusive(head);
    boolean frozen = freeze && (!exclusive || mapCounts.tryShare(head, head));
    if (Pte.isDirty(old)) {
      memMap.setFlag(head, FolioFlags.DIRTY);
    }
    if (!frozen) {
      folios.get(head, PAGES - 1);
      mapCounts.addAnonPtes(head, head, PAGES, vma, exclusive || alwaysExclusive);
    }
    long first = Pte.present(head, old & KEPT);
    for (int i = 0; i < PAGES; i++) {
      long entry = Pte.advance(first, i);
      PageTableCursor.fill(table, i, frozen ? Pte.migration(entry, exclusive) : entry);
    }
    pmd.attach(table);
    mapCounts.removePmd(head, vma);
    if (frozen) {
      folios.put(head);
    }
  }
}
