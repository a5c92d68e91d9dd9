package dev.elephantfolio.engine.fault;

import dev.elephantfolio.engine.Errno;
import dev.elephantfolio.engine.Kernel;
import dev.elephantfolio.engine.MemoryException;
import dev.elephantfolio.engine.folio.Folios;
import dev.elephantfolio.engine.frame.FolioFlags;
import dev.elephantfolio.engine.frame.MemMap;
import dev.elephantfolio.engine.mm.RssKind;
import dev.elephantfolio.engine.mm.VmFlags;
import dev.elephantfolio.engine.mm.Vma;
import dev.elephantfolio.engine.pagecache.MappedFile;
import dev.elephantfolio.engine.pagetable.PageTableCursor;
import dev.elephantfolio.engine.pagetable.Pte;
import dev.elephantfolio.engine.stat.VmEvent;
import java.util.Objects;

/**
 * The first touch of a page of a file: mapped as it is for a read or a shared write, copied at once
 * for a private write.
 *
 * <p>Behaviour: do_read_fault, do_cow_fault and do_shared_fault, mm/memory.c of 6.18.
 */
final class FileFault {
  private final Kernel kernel;
  private final MemMap memMap;
  private final Folios folios;
  private final AnonVmaPreparation preparation;
  private final FaultAround around;
  private final MappedFile.Store store;

  FileFault(Kernel kernel, AnonVmaPreparation preparation) {
    this.kernel = kernel;
    this.memMap = kernel.memMap();
    this.folios = kernel.folios();
    this.preparation = preparation;
    this.around = new FaultAround(kernel);
    this.store = new MappedFile.Store(memMap, folios, kernel.contents(), kernel.nodeStats());
  }

  /** What a page that is not anonymous counts as. */
  static RssKind rssKind(MemMap memMap, int head) {
    return memMap.testFlag(head, FolioFlags.SWAPBACKED) ? RssKind.SHMEM : RssKind.FILE;
  }

  /** What an entry for a read may allow: shared memory need not be told of the first write. */
  static long readBits(Vma vma) {
    MappedFile file = vma.file();
    boolean writable = file != null && file.isShmem() && vma.has(VmFlags.SHARED);
    return writable && vma.has(VmFlags.WRITE) ? Pte.WRITABLE : 0;
  }

  Outcome handle(Fault fault) {
    boolean copies = fault.write() && !fault.vma().has(VmFlags.SHARED);
    if (copies && !preparation.prepare(fault)) {
      return Outcome.RETRY;
    }
    PageTableCursor pte = fault.cursor();
    if (!pte.ensurePteTable(fault.address())) {
      return Outcome.DONE;
    }
    if (!fault.write() && around.map(fault, pte)) {
      return Outcome.DONE;
    }
    int page = page(fault);
    if (!copies) {
      return mapFilePage(fault, pte, page);
    }
    int copy = copyOf(page);
    return mapCopy(fault, pte, copy);
  }

  private int page(Fault fault) {
    Vma vma = fault.vma();
    MappedFile file = Objects.requireNonNull(vma.file());
    long offset = vma.pageOffset(fault.pageAddress());
    if (file.isBeyondEnd(offset)) {
      throw new MemoryException(MemoryException.Signal.SIGBUS);
    }
    int page = file.get(store, offset);
    if (page == 0) {
      throw new MemoryException(Errno.ENOMEM);
    }
    return page;
  }

  private int copyOf(int page) {
    int copy = folios.allocate(0, AnonymousFault.GFP_USER);
    if (copy != 0) {
      kernel.contents().copy(copy, page, 1);
    }
    folios.put(page);
    if (copy == 0) {
      throw new MemoryException(Errno.ENOMEM);
    }
    return copy;
  }

  private Outcome mapFilePage(Fault fault, PageTableCursor pte, int page) {
    boolean mapped = pte.lockPte(fault.address());
    if (mapped) {
      Vma vma = fault.vma();
      mapped = Pte.isNone(pte.entry()) && isStillThere(vma, fault.pageAddress(), page);
      if (mapped) {
        kernel.mapCounts().addFilePtes(page, page, 1, vma);
        long bits = fault.write() ? FaultHandler.writeBits(vma) : readBits(vma);
        if (fault.write()) {
          memMap.setFlag(page, FolioFlags.DIRTY);
        }
        pte.set(Pte.present(page, Pte.YOUNG | bits));
        fault.mm().addRss(rssKind(memMap, page), 1);
        kernel.events().count(VmEvent.FAULT_FILE_MAPPED);
      }
      pte.unlock();
    }
    if (!mapped) {
      folios.put(page);
    }
    return Outcome.DONE;
  }

  /** No hole was punched meanwhile. */
  static boolean isStillThere(Vma vma, long address, int page) {
    MappedFile file = vma.file();
    return file != null && file.holds(vma.pageOffset(address), page);
  }

  private Outcome mapCopy(Fault fault, PageTableCursor pte, int copy) {
    boolean mapped = pte.lockPte(fault.address());
    if (mapped) {
      mapped = Pte.isNone(pte.entry());
      if (mapped) {
        Vma vma = fault.vma();
        kernel.mapCounts().addNewAnon(copy, vma, fault.pageAddress(), true);
        folios.addToLru(copy, vma);
        pte.set(Pte.present(copy, Pte.YOUNG | FaultHandler.writeBits(vma)));
        fault.mm().addRss(RssKind.ANON, 1);
        kernel.events().count(VmEvent.FAULT_FILE_COPIED);
      }
      pte.unlock();
    }
    if (!mapped) {
      folios.put(copy);
    }
    return Outcome.DONE;
  }
}
