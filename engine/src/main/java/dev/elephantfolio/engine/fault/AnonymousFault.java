package dev.elephantfolio.engine.fault;

import dev.elephantfolio.engine.Errno;
import dev.elephantfolio.engine.Kernel;
import dev.elephantfolio.engine.MemoryException;
import dev.elephantfolio.engine.folio.Folios;
import dev.elephantfolio.engine.frame.GfpFlags;
import dev.elephantfolio.engine.mm.RssKind;
import dev.elephantfolio.engine.mm.Vma;
import dev.elephantfolio.engine.pagetable.PageTable;
import dev.elephantfolio.engine.pagetable.PageTableCursor;
import dev.elephantfolio.engine.pagetable.Pte;
import dev.elephantfolio.engine.stat.ThpStat;
import dev.elephantfolio.engine.stat.VmEvent;
import dev.elephantfolio.engine.sync.Mutation;
import dev.elephantfolio.engine.thp.FullNeighbour;
import dev.elephantfolio.engine.thp.Purpose;
import dev.elephantfolio.engine.thp.ThpOrders;

/**
 * The first touch of an anonymous page that no huge page covers: the zero page for a read, a new
 * folio of the largest order that policy, VMA, neighbours and memory allow for a write.
 *
 * <p>Behaviour: do_anonymous_page and alloc_anon_folio, mm/memory.c of 6.18.
 */
final class AnonymousFault {
  private static final int BELOW_PMD_ORDER = (1 << 9) - 1;

  /** What user memory of one page is asked for with. */
  static final int GFP_USER = GfpFlags.HIGHUSER_MOVABLE;

  private final Kernel kernel;
  private final AnonVmaPreparation preparation;

  AnonymousFault(Kernel kernel, AnonVmaPreparation preparation) {
    this.kernel = kernel;
    this.preparation = preparation;
  }

  Outcome handle(Fault fault) {
    PageTableCursor pte = fault.cursor();
    if (!pte.ensurePteTable(fault.address())) {
      return Outcome.DONE;
    }
    if (!fault.write()) {
      return mapZeroPage(fault, pte);
    }
    if (!preparation.prepare(fault)) {
      return Outcome.RETRY;
    }
    int folio = allocate(fault);
    return map(fault, pte, folio);
  }

  private Outcome mapZeroPage(Fault fault, PageTableCursor pte) {
    if (pte.lockPte(fault.address())) {
      if (Pte.isNone(pte.entry())) {
        pte.set(Pte.present(kernel.zeroPfn(), Pte.SPECIAL | Pte.YOUNG));
        kernel.events().count(VmEvent.FAULT_ZERO_PAGE);
      }
      pte.unlock();
    }
    return Outcome.DONE;
  }

  /** A cleared folio for the fault, of the largest order that can be had. */
  private int allocate(Fault fault) {
    int folio = allocateLarge(fault);
    return folio != 0 ? folio : allocateSmall();
  }

  /**
   * @throws MemoryException ENOMEM
   */
  private int allocateSmall() {
    return newPage(kernel);
  }

  /**
   * A cleared page of user memory, referenced once.
   *
   * @throws MemoryException ENOMEM
   */
  static int newPage(Kernel kernel) {
    int pfn = kernel.folios().allocate(0, GFP_USER);
    if (pfn == 0) {
      throw new MemoryException(Errno.ENOMEM);
    }
    kernel.contents().clear(pfn, 1);
    return pfn;
  }

  private int allocateLarge(Fault fault) {
    Vma vma = fault.vma();
    ThpOrders policy = kernel.thpOrders();
    int orders = policy.allowable(vma, vma.flags(), Purpose.PAGEFAULT) & BELOW_PMD_ORDER;
    if (orders == 0) {
      return 0;
    }
    orders = policy.suitable(vma, fault.address(), orders);
    PageTable table = fault.mm().tables().pteTable(fault.address());
    if (orders == 0 || table == null) {
      return 0;
    }
    return allocateOneOf(fault, emptyAround(fault.address(), orders, table), table);
  }

  /** Those of {@code orders} whose whole aligned range around the address is not mapped yet. */
  private static int emptyAround(long address, int orders, PageTable table) {
    int left = orders;
    while (left != 0) {
      int order = highest(left);
      if (isEmpty(table, PageTable.index(address, PageTable.PTE), order)) {
        return left;
      }
      left &= ~(1 << order);
    }
    return 0;
  }

  private static boolean isEmpty(PageTable table, int index, int order) {
    int from = index & -(1 << order);
    for (int i = from; i < from + (1 << order); i++) {
      if (table.entry(i) != Pte.NONE) {
        return false;
      }
    }
    return true;
  }

  private int allocateOneOf(Fault fault, int orders, PageTable table) {
    boolean besideFull = kernel.thp().knobs().anonBesideFull();
    int gfp = kernel.thpOrders().gfp(fault.vma());
    int left = orders;
    while (left != 0) {
      int order = highest(left);
      left &= ~(1 << order);
      if (besideFull && !FullNeighbour.isBeside(fault.vma(), table, fault.address(), order)) {
        kernel.thpStats().count(order, ThpStat.ANON_FAULT_DECLINED);
        continue;
      }
      int folio = kernel.folios().allocate(order, gfp);
      if (folio != 0) {
        kernel.contents().clear(folio, 1 << order);
        return folio;
      }
      kernel.thpStats().count(order, ThpStat.ANON_FAULT_FALLBACK);
    }
    return 0;
  }

  private static int highest(int orders) {
    return 31 - Integer.numberOfLeadingZeros(orders);
  }

  private Outcome map(Fault fault, PageTableCursor pte, int folio) {
    Folios folios = kernel.folios();
    int order = kernel.memMap().order(folio);
    int pages = 1 << order;
    long address = fault.pageAddress() & -((long) pages << 12);
    if (!pte.lockPte(address)) {
      folios.put(folio);
      return Outcome.DONE;
    }
    if (!pte.isNone(pages) && !kernel.mutations().has(Mutation.NO_RECHECK_AFTER_FAULT_LOCK)) {
      pte.unlock();
      folios.put(folio);
      return Outcome.DONE;
    }
    mapLocked(fault.vma(), address, pte, folio, pages);
    pte.unlock();
    fault.mm().addRss(RssKind.ANON, pages);
    if (order == 0) {
      kernel.events().count(VmEvent.FAULT_ANON_SMALL);
    } else {
      kernel.thpStats().count(order, ThpStat.ANON_FAULT_ALLOC);
    }
    return Outcome.DONE;
  }

  private void mapLocked(Vma vma, long address, PageTableCursor pte, int folio, int pages) {
    kernel.folios().get(folio, pages - 1);
    kernel.mapCounts().addNewAnon(folio, vma, address, true);
    kernel.folios().addToLru(folio, vma);
    long entry = Pte.present(folio, Pte.YOUNG | FaultHandler.writeBits(vma));
    for (int i = 0; i < pages; i++) {
      pte.setAt(i, Pte.advance(entry, i));
    }
  }
}
