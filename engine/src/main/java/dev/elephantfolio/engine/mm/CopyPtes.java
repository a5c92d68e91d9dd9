package dev.elephantfolio.engine.mm;

import dev.elephantfolio.engine.Errno;
import dev.elephantfolio.engine.Kernel;
import dev.elephantfolio.engine.MemoryException;
import dev.elephantfolio.engine.folio.Folios;
import dev.elephantfolio.engine.folio.MapCounts;
import dev.elephantfolio.engine.frame.FolioFlags;
import dev.elephantfolio.engine.frame.GfpFlags;
import dev.elephantfolio.engine.frame.MemMap;
import dev.elephantfolio.engine.pagetable.PageTableCursor;
import dev.elephantfolio.engine.pagetable.PageTables;
import dev.elephantfolio.engine.pagetable.Pte;

/**
 * Copies the entries of PTE tables from a parent's area to the child's, at fork. Pages of one large
 * folio that are mapped in a row are counted at once.
 *
 * <p>A pinned page needs a frame for its copy, which cannot be had under the tables' locks: the
 * copy stops there, takes a frame, and goes on. Locks as {@link CopyPageTables}; used by one
 * thread.
 */
final class CopyPtes {
  /** A page must be copied, and there is no frame for it yet. */
  private static final int NEEDS_FRAME = 0;

  private static final int GFP_COPY = GfpFlags.DIRECT_RECLAIM | GfpFlags.KSWAPD_RECLAIM;

  private final Kernel kernel;
  private final MemMap memMap;
  private final Folios folios;
  private final MapCounts mapCounts;
  private final Vma child;
  private final boolean copyOnWrite;
  private final boolean mayBePinned;
  private final long clearedInChild;
  private final PageTableCursor from;
  private final PageTableCursor to;

  /** A frame for the copy of a pinned page; 0 when there is none. */
  private int spareFrame;

  private int anonPages;
  private int filePages;
  private int shmemPages;

  CopyPtes(Kernel kernel, Vma child, Vma parent) {
    this.kernel = kernel;
    this.memMap = kernel.memMap();
    this.folios = kernel.folios();
    this.mapCounts = kernel.mapCounts();
    this.child = child;
    this.copyOnWrite = VmFlags.isCopyOnWrite(parent.flags());
    this.mayBePinned = CopyPageTables.mayBePinned(kernel, parent);
    this.clearedInChild = Pte.YOUNG | (parent.has(VmFlags.SHARED) ? Pte.DIRTY : 0);
    this.from = new PageTableCursor(parent.mm().tables());
    this.to = new PageTableCursor(child.mm().tables());
  }

  /**
   * Copies the range, which lies within one PTE table; nothing when the parent has none there.
   *
   * @throws MemoryException ENOMEM
   */
  void copy(long startAddress, long endAddress) {
    long at = startAddress;
    while (at < endAddress) {
      boolean _ = to.ensurePteTable(at);
      if (!to.lockPte(at)) {
        throw new IllegalStateException("no table for the child at " + Long.toHexString(at));
      }
      if (!from.lockPteNested(at)) {
        to.unlock();
        return;
      }
      at = copyLocked(at, endAddress);
      from.unlock();
      countRss();
      to.unlock();
      if (at < endAddress) {
        takeFrame();
      }
    }
  }

  /** Gives a frame back that was not used after all. */
  void close() {
    dropFrame();
  }

  private void takeFrame() {
    spareFrame = folios.allocate(0, GFP_COPY);
    if (spareFrame == 0) {
      throw new MemoryException(Errno.ENOMEM);
    }
  }

  private void dropFrame() {
    if (spareFrame != 0) {
      folios.put(spareFrame);
      spareFrame = 0;
    }
  }

  private void countRss() {
    AddressSpace mm = child.mm();
    if (anonPages != 0) {
      mm.addRss(RssKind.ANON, anonPages);
    }
    if (filePages != 0) {
      mm.addRss(RssKind.FILE, filePages);
    }
    if (shmemPages != 0) {
      mm.addRss(RssKind.SHMEM, shmemPages);
    }
    anonPages = 0;
    filePages = 0;
    shmemPages = 0;
  }

  /** Copies until the end or a page that needs a frame; gives where it stopped. */
  private long copyLocked(long startAddress, long endAddress) {
    long at = startAddress;
    while (at < endAddress) {
      from.seek(at);
      long entry = from.entry();
      int copied = 1;
      if (Pte.isPresent(entry)) {
        to.seek(at);
        copied = copyPresent(entry, at, (int) Addresses.pages(endAddress - at));
        if (copied == NEEDS_FRAME) {
          return at;
        }
        dropFrame();
      } else if (!Pte.isNone(entry)) {
        to.seek(at);
        copyNonPresent(entry);
      }
      at += (long) copied << PageTables.PAGE_SHIFT;
    }
    return at;
  }

  /** Copies one page, or several of a large folio; gives how many. */
  private int copyPresent(long entry, long address, int pagesLeft) {
    if (Pte.isSpecial(entry)) {
      copyEntries(address, 1);
      return 1;
    }
    int page = Pte.pfn(entry);
    int head = memMap.head(page);
    boolean batches = spareFrame == 0 && pagesLeft > 1 && memMap.isLarge(head);
    int pages = batches ? mappedInRow(head, page, pagesLeft) : 1;
    folios.get(head, pages);
    if (!memMap.testFlag(head, FolioFlags.ANON)) {
      mapCounts.dupFilePtes(head, page, pages, child.mm());
      countFilePages(head, pages);
    } else if (mapCounts.tryDupAnonPtes(head, page, pages, child.mm(), mayBePinned)) {
      anonPages += pages;
    } else {
      folios.put(head, pages);
      return copyPinned(page, address);
    }
    copyEntries(address, pages);
    return pages;
  }

  private void countFilePages(int head, int pages) {
    if (memMap.testFlag(head, FolioFlags.SWAPBACKED)) {
      shmemPages += pages;
    } else {
      filePages += pages;
    }
  }

  /** How many entries from here on map the pages of the folio that follow {@code page}. */
  private int mappedInRow(int head, int page, int limit) {
    int most = Math.min(limit, head + memMap.pages(head) - page);
    int pages = 1;
    while (pages < most && mapsPage(from.entryAt(pages), page + pages)) {
      pages++;
    }
    return pages;
  }

  private static boolean mapsPage(long entry, int page) {
    return Pte.isPresent(entry) && !Pte.isSpecial(entry) && Pte.pfn(entry) == page;
  }

  /** Write-protects the parent's entries, where the area copies on write, and copies them. */
  private void copyEntries(long address, int pages) {
    for (int i = 0; i < pages; i++) {
      long entry = from.entryAt(i);
      if (copyOnWrite && Pte.isWritable(entry)) {
        from.seek(address + ((long) i << PageTables.PAGE_SHIFT));
        entry = from.update(Pte.WRITABLE, 0);
        from.seek(address);
      }
      to.setAt(i, entry & ~clearedInChild);
    }
  }

  /** The child gets a copy of a page that the parent has pinned, if there is a frame for it. */
  private int copyPinned(int page, long address) {
    int copy = spareFrame;
    if (copy == 0) {
      return NEEDS_FRAME;
    }
    spareFrame = 0;
    kernel.contents().copy(copy, page, 1);
    memMap.setFlag(copy, FolioFlags.UPTODATE);
    mapCounts.addNewAnon(copy, child, address, true);
    folios.lru().add(copy);
    anonPages++;
    to.set(Pte.present(copy, Pte.YOUNG | Pte.DIRTY | Pte.SOFT_DIRTY | protection()));
    return 1;
  }

  private long protection() {
    if (!VmFlags.isAccessible(child.flags())) {
      return Pte.PROT_NONE;
    }
    return child.has(VmFlags.WRITE) ? Pte.WRITABLE : 0;
  }

  private void copyNonPresent(long entry) {
    if (Pte.isMigration(entry)) {
      copyMigration(entry);
    } else if (Pte.isGuard(entry)) {
      to.set(Pte.guard());
    } else {
      throw new IllegalStateException("an entry of no known kind: " + Long.toHexString(entry));
    }
  }

  /** Whoever migrates the page finds the child's entry too: the child hangs in the reverse map. */
  private void copyMigration(long entry) {
    long copied = entry;
    if (copyOnWrite) {
      copied = entry & ~(Pte.WRITABLE | Pte.EXCLUSIVE);
      from.set(copied);
    }
    int head = memMap.head(Pte.pfn(entry));
    if (memMap.testFlag(head, FolioFlags.ANON)) {
      anonPages++;
    } else {
      countFilePages(head, 1);
    }
    to.set(copied);
  }
}
