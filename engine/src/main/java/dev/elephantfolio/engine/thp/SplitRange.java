package dev.elephantfolio.engine.thp;

import dev.elephantfolio.engine.Kernel;
import dev.elephantfolio.engine.folio.Folios;
import dev.elephantfolio.engine.folio.MapCounts;
import dev.elephantfolio.engine.frame.MemMap;
import dev.elephantfolio.engine.mm.AddressSpace;
import dev.elephantfolio.engine.mm.Addresses;
import dev.elephantfolio.engine.mm.VmFlags;
import dev.elephantfolio.engine.mm.Vma;
import dev.elephantfolio.engine.pagetable.PageTableCursor;
import dev.elephantfolio.engine.pagetable.Pte;

/**
 * Splits the large folios that a range of a process maps: what writing {@code
 * PID,0xSTART,0xEND,ORDER} to {@code /sys/kernel/debug/split_huge_pages} does.
 *
 * <p>A folio stays whole without a word when somebody else refers to it, when it is locked, and
 * when it is of the wanted order already. Behaviour: split_huge_pages_pid, mm/huge_memory.c of
 * 6.18.
 */
public final class SplitRange {
  private static final long NEVER_SPLIT =
      VmFlags.PFNMAP | VmFlags.MIXEDMAP | VmFlags.IO | VmFlags.HUGETLB;

  private final Kernel kernel;
  private final MemMap memMap;
  private final Folios folios;
  private final MapCounts mapCounts;

  public SplitRange(Kernel kernel) {
    this.kernel = kernel;
    this.memMap = kernel.memMap();
    this.folios = kernel.folios();
    this.mapCounts = kernel.mapCounts();
  }

  /**
   * Splits every large folio that a page of {@code [startAddress, endAddress)} belongs to into
   * folios of {@code newOrder}; ends at the first address that no area covers. Takes mmap_lock for
   * reading.
   *
   * @return how many folios were split
   */
  public int split(AddressSpace mm, long startAddress, long endAddress, int newOrder) {
    int split = 0;
    long end = Addresses.pageFloor(endAddress);
    mm.mmapReadLock();
    long address = Addresses.pageFloor(startAddress);
    while (address < end) {
      Vma vma = mm.vmas().at(address);
      if (vma == null) {
        break;
      }
      if (vma.has(NEVER_SPLIT)) {
        address = vma.end();
      } else {
        split += splitAt(mm, address, newOrder) ? 1 : 0;
      }
      // Also after an area that was left out, of the next one's first page: as Linux does.
      address += Addresses.PAGE_SIZE;
    }
    mm.mmapReadUnlock();
    return split;
  }

  private boolean splitAt(AddressSpace mm, long address, int newOrder) {
    int folio = lockFolioAt(mm, address, newOrder);
    if (folio == 0) {
      return false;
    }
    boolean split = kernel.folioSplit().split(folio, newOrder, folio).isEmpty();
    folios.unlock(folio);
    folios.put(folio);
    return split;
  }

  /** The folio mapped at {@code address}, locked and referenced; 0 when it is not to be split. */
  private int lockFolioAt(AddressSpace mm, long address, int newOrder) {
    PageTableCursor cursor = new PageTableCursor(mm.tables());
    if (!lockEntry(cursor, address)) {
      return 0;
    }
    int folio = splittable(cursor.entry(), newOrder);
    if (folio != 0 && !folios.tryLock(folio)) {
      folio = 0;
    }
    if (folio != 0) {
      folios.get(folio);
    }
    cursor.unlock();
    return folio;
  }

  /** Locks the table whose entry translates {@code address}. */
  private static boolean lockEntry(PageTableCursor cursor, long address) {
    if (cursor.lockPte(address)) {
      return true;
    }
    if (!cursor.lockPmd(address)) {
      return false;
    }
    if (Pte.isLeaf(cursor.entry())) {
      return true;
    }
    cursor.unlock();
    return false;
  }

  private int splittable(long entry, int newOrder) {
    if (!Pte.isPresent(entry) || Pte.isSpecial(entry)) {
      return 0;
    }
    int folio = memMap.head(Pte.pfn(entry));
    boolean splits =
        memMap.order(folio) > Math.max(newOrder, 0)
            && memMap.refCount(folio) == mapCounts.folioMapCount(folio);
    return splits ? folio : 0;
  }
}
