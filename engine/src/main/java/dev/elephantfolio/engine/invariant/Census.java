package dev.elephantfolio.engine.invariant;

import dev.elephantfolio.engine.Kernel;
import dev.elephantfolio.engine.frame.FolioFlags;
import dev.elephantfolio.engine.mm.AddressSpace;
import dev.elephantfolio.engine.mm.RssKind;
import dev.elephantfolio.engine.mm.VmFlags;
import dev.elephantfolio.engine.mm.Vma;
import dev.elephantfolio.engine.pagetable.PageTable;
import dev.elephantfolio.engine.pagetable.Pte;
import dev.elephantfolio.engine.rmap.AnonVmaChain;
import dev.elephantfolio.engine.rmap.ReverseMap;
import java.util.function.Supplier;
import org.jspecify.annotations.Nullable;

/**
 * Walks the page tables of address spaces entry by entry, checks what each entry must satisfy by
 * itself, and counts what folios and counters are then held against.
 */
final class Census {
  private final Kernel kernel;
  final MappingCounts mappings;

  /** Frames that hold page tables, roots and deposits included. */
  long tableFrames;

  /** Page tables but for roots: what the machine counts. */
  long countedTables;

  private long anonPages;
  private long filePages;
  private long shmemPages;
  private long hugePages;
  private int owner = -1;
  private @Nullable Vma lastArea;
  private long tables;

  Census(Kernel kernel) {
    this.kernel = kernel;
    this.mappings = new MappingCounts(kernel.memMap().frames());
  }

  /** Counts everything that {@code mm} maps and checks its own counters. */
  void add(AddressSpace mm) {
    owner++;
    anonPages = 0;
    filePages = 0;
    shmemPages = 0;
    hugePages = 0;
    tables = 0;
    walk(mm, mm.tables().root(), 0);
    expect(() -> "anonymous pages of " + mm, anonPages, mm.rss(RssKind.ANON));
    expect(() -> "huge pages of " + mm, hugePages, mm.rss(RssKind.ANON_HUGE));
    expect(() -> "file pages of " + mm, filePages, mm.rss(RssKind.FILE));
    expect(() -> "shared pages of " + mm, shmemPages, mm.rss(RssKind.SHMEM));
    expect(() -> "page tables of " + mm, tables, mm.tables().tableBytes() >>> 12);
    tableFrames += tables + 1;
    countedTables += tables;
  }

  private void walk(AddressSpace mm, PageTable table, long tableAddress) {
    int leaves = 0;
    for (int i = 0; i < PageTable.ENTRIES; i++) {
      long address = tableAddress + i * PageTable.span(table.level());
      long entry = table.entry(i);
      PageTable child = table.child(i);
      if (child != null) {
        tables++;
        walk(mm, child, address);
      } else if (entry != Pte.NONE) {
        leaves += table.level() == PageTable.PMD ? 1 : 0;
        count(mm, table.level(), address, entry);
      }
    }
    expect(() -> "deposits at " + Long.toHexString(tableAddress), leaves, table.depositCount());
    tables += table.depositCount();
  }

  private void count(AddressSpace mm, int level, long address, long entry) {
    Vma vma = areaAt(mm, address);
    if (vma == null) {
      throw error(mm, address, entry, "an entry outside every area");
    }
    if (Pte.isMigration(entry)) {
      throw error(mm, address, entry, "a migration entry left behind");
    }
    if (!Pte.isPresent(entry) || Pte.isSpecial(entry)) {
      return;
    }
    int pages = level == PageTable.PMD ? PageTable.ENTRIES : 1;
    int page = Pte.pfn(entry);
    int head = kernel.memMap().head(page);
    countRss(head, pages);
    if (level == PageTable.PMD) {
      mappings.addHuge(head, owner);
      hugePages += PageTable.ENTRIES;
    } else {
      mappings.addSmall(page, head, owner);
    }
    checkEntry(mm, vma, address, entry, page, head);
  }

  /** Neighbouring entries mostly lie in one area. */
  private @Nullable Vma areaAt(AddressSpace mm, long address) {
    Vma known = lastArea;
    if (known == null || known.mm() != mm || !known.contains(address)) {
      known = mm.vmas().at(address);
      lastArea = known;
    }
    return known;
  }

  private void countRss(int head, int pages) {
    if (kernel.memMap().testFlag(head, FolioFlags.ANON)) {
      anonPages += pages;
    } else if (kernel.memMap().testFlag(head, FolioFlags.SWAPBACKED)) {
      shmemPages += pages;
    } else {
      filePages += pages;
    }
  }

  private void checkEntry(AddressSpace mm, Vma vma, long address, long entry, int page, int head) {
    boolean anon = kernel.memMap().testFlag(head, FolioFlags.ANON);
    boolean exclusive = kernel.mapCounts().isExclusive(page);
    if (exclusive && !anon) {
      throw error(mm, address, entry, "an exclusive mark on a page that is not anonymous");
    }
    if (Pte.isWritable(entry)) {
      if (!vma.has(VmFlags.WRITE)) {
        throw error(mm, address, entry, "writable in an area that is not");
      }
      if (!vma.has(VmFlags.SHARED) && !exclusive) {
        throw error(mm, address, entry, "writable but not exclusive");
      }
    }
    if (exclusive && kernel.mapCounts().pageMapCount(page) != 1) {
      throw error(mm, address, entry, "exclusive but mapped more than once");
    }
    if (anon) {
      checkReverse(mm, vma, address, entry, page, head);
    }
  }

  private void checkReverse(
      AddressSpace mm, Vma vma, long address, long entry, int page, int head) {
    long mapping = kernel.memMap().mapping(head);
    long index = ReverseMap.index(mapping) + (page - head);
    if (index != vma.pageOffset(address)) {
      throw error(mm, address, entry, "found by rmap at another place: index " + index);
    }
    if (chainTo(vma, ReverseMap.anonVmaId(mapping)) == null) {
      throw error(mm, address, entry, "its anon_vma does not know the area");
    }
  }

  private static @Nullable AnonVmaChain chainTo(Vma vma, int anonVmaId) {
    for (AnonVmaChain chain : vma.anonVmaChains()) {
      if (chain.anonVma().id() == anonVmaId) {
        return chain;
      }
    }
    return null;
  }

  static void expect(Supplier<String> what, long counted, long kept) {
    if (counted != kept) {
      throw new InvariantError(what.get() + ": counted " + counted + ", kept " + kept);
    }
  }

  private InvariantError error(AddressSpace mm, long address, long entry, String what) {
    return new InvariantError(
        "%s: %x holds %x: %s (%s)"
            .formatted(mm, address, entry, what, kernel.memMap().describe(Pte.pfn(entry))));
  }
}
