package dev.elephantfolio.engine.fault;

import dev.elephantfolio.engine.Kernel;
import dev.elephantfolio.engine.mm.Vma;
import dev.elephantfolio.engine.pagecache.MappedFile;
import dev.elephantfolio.engine.pagetable.PageTable;
import dev.elephantfolio.engine.pagetable.PageTableCursor;
import dev.elephantfolio.engine.pagetable.PageTables;
import dev.elephantfolio.engine.pagetable.Pte;
import dev.elephantfolio.engine.stat.VmEvent;

/**
 * A read fault in shared memory maps what is there around the page, too: up to 16 pages, from a
 * place that is a multiple of 16 in the table or the beginning of the area on.
 *
 * <pre>
 *    table   |0 . . . . . . 16 . . . . . . 32 . . .
 *    area              [10 - - - - - - - - - - - -
 *    a fault at 12 maps 10 to 25, one at 20 maps 16 to 31
 * </pre>
 *
 * <p>Only what others have brought in already; a file's pages are left to be touched one by one.
 * Behaviour: do_fault_around, mm/memory.c, and filemap_map_pages, mm/filemap.c, of 6.18 with
 * fault_around_bytes at 64K.
 */
final class FaultAround {
  private static final int PAGES = 16;

  private final Kernel kernel;

  FaultAround(Kernel kernel) {
    this.kernel = kernel;
  }

  /**
   * Maps what is there, the table being there; whether that was all that the fault needs.
   *
   * @param pte a cursor for the fault's table, not locked
   */
  boolean map(Fault fault, PageTableCursor pte) {
    MappedFile file = fault.vma().file();
    if (file == null || !file.isShmem()) {
      return false;
    }
    Vma vma = fault.vma();
    int slot = PageTable.index(fault.address(), PageTable.PTE);
    long below = (fault.pageAddress() - vma.start()) >>> PageTables.PAGE_SHIFT;
    int from = (int) Math.max(slot & -PAGES, slot - Math.min(slot, below));
    long areaEnd = slot + vma.pages() - below;
    int to = (int) Math.min(Math.min(from + PAGES, PageTable.ENTRIES), areaEnd);
    long first = fault.pageAddress() - ((long) (slot - from) << PageTables.PAGE_SHIFT);
    // The frames come first: a file makes pages under its lock, for which tables may be locked.
    int[] frames = file.present(vma.pageOffset(first), to - from);
    return map(fault, pte, first, frames);
  }

  private boolean map(Fault fault, PageTableCursor pte, long first, int[] frames) {
    boolean locked = pte.lockPte(fault.address());
    boolean done = !locked;
    for (int i = 0; i < frames.length; i++) {
      long address = first + ((long) i << PageTables.PAGE_SHIFT);
      if (locked && frames[i] != 0 && mapOne(fault.vma(), pte, address, frames[i])) {
        done |= address == fault.pageAddress();
      } else if (frames[i] != 0) {
        kernel.folios().put(frames[i]);
      }
    }
    if (locked) {
      pte.unlock();
    }
    return done;
  }

  /** Maps a page with its reference, unless something stands there. */
  private boolean mapOne(Vma vma, PageTableCursor pte, long address, int page) {
    pte.seek(address);
    if (!Pte.isNone(pte.entry()) || !FileFault.isStillThere(vma, address, page)) {
      return false;
    }
    kernel.mapCounts().addFilePtes(page, page, 1, vma);
    pte.set(Pte.present(page, Pte.YOUNG | FileFault.readBits(vma)));
    vma.mm().addRss(FileFault.rssKind(kernel.memMap(), page), 1);
    kernel.events().count(VmEvent.FAULT_FILE_MAPPED);
    return true;
  }
}
