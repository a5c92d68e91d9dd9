package dev.elephantfolio.engine.thp;

import dev.elephantfolio.engine.Kernel;
import dev.elephantfolio.engine.mm.AddressSpace;
import dev.elephantfolio.engine.mm.Addresses;
import dev.elephantfolio.engine.mm.Vma;
import java.util.function.BooleanSupplier;
import org.jspecify.annotations.Nullable;

/**
 * khugepaged's way through the address spaces: 2 MiB place after place, area after area, process
 * after process, a number of pages at a time.
 *
 * <pre>
 *  mm list   A ───▶ B ───▶ C ───▶ (end: full_scans + 1) ───▶ A …
 *                   │
 *  cursor           └ area ▭▭ area ▭▭▭▭▭▭   address: the next place of B to look at
 *                                ▲
 * </pre>
 *
 * <p>Every place looked at costs 512 pages of progress, every area passed by costs one and every
 * address space one. An attempt that let go of mmap_lock ends the visit, to be gone on with.
 *
 * <p>Used by one thread at a time. Behaviour: khugepaged_do_scan and khugepaged_scan_mm_slot,
 * mm/khugepaged.c of 6.18.
 */
final class KhugepagedScan {
  private static final int PAGES_PER_PLACE = 1 << ThpOrders.PMD_ORDER;

  /** How a round ended. */
  enum End {
    /** Its pages are through, or there is nothing more to see. */
    DONE,
    /** No huge page could be had: to be gone on with after {@code alloc_sleep_millisecs}. */
    OUT_OF_MEMORY
  }

  private final Kernel kernel;
  private final Collapser collapser;
  private final MmSlots slots;
  private final KhugepagedCounts counts;

  /** The next address to look at in the address space under the cursor. */
  private long address;

  private ScanResult lastResult = ScanResult.SUCCEED;
  private long pages;

  /** What this round has made of its pages; all of them when there is nothing more to see. */
  private long progress;

  private long seen;
  private int passesThroughHead;
  private boolean mayWait;

  KhugepagedScan(Kernel kernel, Collapser collapser, MmSlots slots) {
    this.kernel = kernel;
    this.collapser = collapser;
    this.slots = slots;
    this.counts = kernel.thp().khugepagedCounts();
  }

  boolean hasWork() {
    return kernel.thp().knobs().pmdEnabled() && !slots.isEmpty();
  }

  /** Starts a round of so many pages; it never passes the list's head twice. */
  End round(long pagesToScan, BooleanSupplier stopping) {
    pages = pagesToScan;
    progress = 0;
    passesThroughHead = 0;
    mayWait = true;
    lastResult = ScanResult.SUCCEED;
    kernel.folios().lru().drainAll();
    return resume(stopping);
  }

  /** Goes on with a round that ended {@link End#OUT_OF_MEMORY}; it does so only once. */
  End resume(BooleanSupplier stopping) {
    while (!stopping.getAsBoolean()) {
      scanSome();
      if (progress >= pages) {
        return End.DONE;
      }
      if (lastResult == ScanResult.ALLOC_HUGE_PAGE_FAIL) {
        if (!mayWait) {
          return End.DONE;
        }
        mayWait = false;
        return End.OUT_OF_MEMORY;
      }
    }
    return End.DONE;
  }

  /** Pages looked at since the machine started. */
  long seen() {
    return seen;
  }

  private void scanSome() {
    MmSlots.Slot slot = slots.cursor();
    if (slot == null) {
      passesThroughHead++;
    }
    if (passesThroughHead >= 2 || !hasWork()) {
      progress = pages;
      return;
    }
    if (slot == null) {
      slot = slots.toFirst();
      address = 0;
    }
    if (slot != null) {
      visit(slot.mm);
    }
  }

  /** Forgets where it was: khugepaged was stopped. */
  void stop() {
    slots.leave();
  }

  /** How a visit to one address space ended. */
  private enum Visit {
    TO_BE_CONTINUED,
    OVER
  }

  private void visit(AddressSpace mm) {
    lastResult = ScanResult.FAIL;
    Visit visit = mm.tryMmapReadLock() ? scanAreas(mm) : Visit.OVER;
    if (visit == Visit.OVER || Collapse.isExiting(mm)) {
      address = 0;
      if (slots.toNext() == null) {
        counts.countFullScan();
      }
    }
  }

  /** Looks through the areas from {@code address} on; lets go of mmap_lock. */
  private Visit scanAreas(AddressSpace mm) {
    long limit = pages - progress;
    Steps steps = new Steps(mm, limit);
    if (!Collapse.isExitingOrDisabled(mm)) {
      steps.scan();
    }
    if (steps.locked) {
      mm.mmapReadUnlock();
    }
    progress += steps.count;
    seen += steps.count;
    return steps.area == null ? Visit.OVER : Visit.TO_BE_CONTINUED;
  }

  /** One visit's way through the areas of an address space. */
  private final class Steps {
    private final AddressSpace mm;
    private final long limit;

    /** Pages of progress; the visit itself is one. */
    private long count = 1;

    /** The area that the visit stopped in; null when it came to the end. */
    private @Nullable Vma area;

    private boolean locked = true;

    Steps(AddressSpace mm, long limit) {
      this.mm = mm;
      this.limit = limit;
    }

    void scan() {
      Vma vma = mm.vmas().find(address);
      while (vma != null) {
        if (Collapse.isExitingOrDisabled(mm)) {
          count++;
          area = vma;
          return;
        }
        if (!scanArea(vma)) {
          area = vma;
          return;
        }
        vma = mm.vmas().next(vma);
      }
    }

    /** False when the visit ends in this area. */
    private boolean scanArea(Vma vma) {
      long end = Addresses.roundDown(vma.end(), Addresses.PMD_SIZE);
      boolean allowed = kernel.thpOrders().allowsPmd(vma, vma.flags(), Purpose.KHUGEPAGED);
      if (!allowed || address > end) {
        count++;
        return true;
      }
      address = Math.max(address, Addresses.roundUp(vma.start(), Addresses.PMD_SIZE));
      while (address < end) {
        if (Collapse.isExitingOrDisabled(mm) || !scanPlace(vma)) {
          return false;
        }
      }
      return true;
    }

    /** False when the visit ends with this place. */
    private boolean scanPlace(Vma vma) {
      Collapser.Attempt attempt = collapser.attempt(vma, address, Purpose.KHUGEPAGED);
      lastResult = attempt.result();
      counts.count(lastResult);
      address += Addresses.PMD_SIZE;
      count += PAGES_PER_PLACE;
      locked = !attempt.lockDropped();
      return locked && count < limit;
    }
  }
}
