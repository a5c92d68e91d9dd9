package dev.elephantfolio.engine.gup;

import dev.elephantfolio.engine.Errno;
import dev.elephantfolio.engine.Kernel;
import dev.elephantfolio.engine.MemoryException;
import dev.elephantfolio.engine.fault.FaultCount;
import dev.elephantfolio.engine.fault.FaultHandler;
import dev.elephantfolio.engine.folio.FolioAge;
import dev.elephantfolio.engine.folio.FolioPins;
import dev.elephantfolio.engine.frame.FolioFlags;
import dev.elephantfolio.engine.frame.MemMap;
import dev.elephantfolio.engine.mm.AddressSpace;
import dev.elephantfolio.engine.mm.Vma;
import dev.elephantfolio.engine.pagetable.PageTable;
import dev.elephantfolio.engine.pagetable.PageTableCursor;
import dev.elephantfolio.engine.pagetable.PageTables;
import dev.elephantfolio.engine.pagetable.Pte;
import org.jspecify.annotations.Nullable;

/**
 * Holds pages under mmap_lock, each looked up under the lock of its table; what is not there as
 * needed is faulted in.
 *
 * <p>Behaviour: __get_user_pages and below, mm/gup.c of 6.18, as called by pin_user_pages_unlocked:
 * the pages count as used. On x86 a huge entry that is only read through keeps the marks it has.
 */
final class SlowGup {
  /** What {@link Walk#follow} says when it holds nothing: a fault is needed. */
  private static final int FAULT = 0;

  /** The same, and the fault must make the page this process's alone. */
  private static final int UNSHARE = -1;

  /** The folio is held too often already. */
  private static final int FULL = -2;

  private final MemMap memMap;
  private final FolioPins pins;
  private final FolioAge age;
  private final FaultHandler faults;
  private final PinRules rules;

  SlowGup(Kernel kernel, FaultHandler faults, PinRules rules) {
    this.memMap = kernel.memMap();
    this.pins = kernel.folioPins();
    this.age = new FolioAge(memMap, kernel.folios().lru(), kernel.events());
    this.faults = faults;
    this.rules = rules;
  }

  /**
   * Holds the pages from {@code startAddress} on. Takes mmap_lock for reading.
   *
   * @param pfns told the pages, from {@code from} on
   * @param to one past the last place in {@code pfns} to fill
   * @return the place after the last that was filled, more than {@code from}
   * @throws MemoryException when not even the first could be had: EFAULT for an address that no
   *     area covers or that may not be used so, ENOMEM when memory ran out or the folio is held too
   *     often
   */
  int hold(
      AddressSpace mm,
      long startAddress,
      int[] pfns,
      int from,
      int to,
      int flags,
      FaultCount faultCount) {
    Walk walk = new Walk(mm, pfns, from, to, flags, faultCount);
    mm.mmapReadLock();
    try {
      walk.run(startAddress);
    } catch (MemoryException refused) {
      if (walk.held == from) {
        throw refused;
      }
    } finally {
      mm.mmapReadUnlock();
    }
    return walk.held;
  }

  /** One way through a range. */
  private final class Walk {
    private final AddressSpace mm;
    private final int[] pfns;
    private final int to;
    private final int flags;
    private final boolean write;
    private final boolean pin;
    private final FaultCount faultCount;
    private int held;

    Walk(AddressSpace mm, int[] pfns, int from, int to, int flags, FaultCount faultCount) {
      this.mm = mm;
      this.pfns = pfns;
      this.held = from;
      this.to = to;
      this.flags = flags;
      this.write = GupFlags.has(flags, GupFlags.WRITE);
      this.pin = GupFlags.has(flags, GupFlags.PIN);
      this.faultCount = faultCount;
    }

    void run(long startAddress) {
      long at = startAddress;
      while (held < to) {
        Vma vma = PinRules.check(mm.vmas().at(at), flags);
        while (held < to && at < vma.end()) {
          at += (long) holdAt(vma, at) << PageTables.PAGE_SHIFT;
        }
      }
    }

    /** Holds the page at {@code address}, and those after it that stand behind the same entry. */
    private int holdAt(Vma vma, long address) {
      while (true) {
        int pages = follow(vma, address);
        if (pages > 0) {
          held += pages;
          return pages;
        }
        faultIn(vma, address, pages == UNSHARE);
      }
    }

    private void faultIn(Vma vma, long address, boolean unshare) {
      if (GupFlags.has(flags, GupFlags.NOFAULT)) {
        throw new MemoryException(Errno.EFAULT);
      }
      try {
        if (unshare) {
          faults.unshareLocked(vma, address);
        } else {
          faults.handleLocked(vma, address, write);
        }
      } catch (MemoryException failed) {
        throw new MemoryException(failed.errno());
      }
      faultCount.increment();
    }

    /**
     * How many pages are held now; {@link #FAULT} or {@link #UNSHARE} when there must be a fault.
     */
    private int follow(Vma vma, long address) {
      PageTableCursor cursor = new PageTableCursor(mm.tables());
      if (Pte.isLeaf(mm.tables().pmdEntry(address)) && cursor.lockPmd(address)) {
        boolean huge = Pte.isLeaf(cursor.entry());
        int result = huge ? followHuge(cursor, vma, address) : FAULT;
        cursor.unlock();
        if (huge) {
          return unlessFull(result);
        }
      }
      if (!cursor.lockPte(address)) {
        return FAULT;
      }
      int result = followSmall(cursor, vma);
      cursor.unlock();
      return unlessFull(result);
    }

    private int followHuge(PageTableCursor pmd, Vma vma, long address) {
      long entry = pmd.entry();
      int head = Pte.pfn(entry);
      int refusal = refusal(entry, head, head, vma);
      if (refusal <= 0) {
        return refusal;
      }
      int first = PageTable.index(address, PageTable.PTE);
      int inArea = (int) Math.min(to - held, (vma.end() - address) >>> PageTables.PAGE_SHIFT);
      int pages = Math.min(inArea, PageTable.ENTRIES - first);
      if (!pins.hold(head, pages, pin)) {
        return FULL;
      }
      if (write) {
        long _ = pmd.update(0, Pte.YOUNG | Pte.DIRTY);
      }
      for (int i = 0; i < pages; i++) {
        pfns[held + i] = head + first + i;
      }
      return pages;
    }

    private int followSmall(PageTableCursor pte, Vma vma) {
      long entry = pte.entry();
      int page = Pte.pfn(entry);
      int refusal = Pte.isPresent(entry) ? refusal(entry, memMap.head(page), page, vma) : FAULT;
      if (refusal <= 0) {
        return refusal;
      }
      int head = memMap.head(page);
      if (!pins.hold(head, 1, pin)) {
        return FULL;
      }
      touch(entry, head);
      pfns[held] = page;
      return 1;
    }

    /** {@link #FAULT}, {@link #UNSHARE}, or 1 when the page may be held. */
    private int refusal(long entry, int head, int marked, @Nullable Vma vma) {
      if (!Pte.isPresent(entry) || (write && !Pte.isWritable(entry))) {
        return FAULT;
      }
      return rules.mustUnshare(entry, head, marked, vma, flags) ? UNSHARE : 1;
    }

    private static int unlessFull(int result) {
      if (result == FULL) {
        throw new MemoryException(Errno.ENOMEM);
      }
      return result;
    }

    /** The kernel's own use of a page: the folio is young, and dirty when it will be written. */
    private void touch(long entry, int head) {
      if (Pte.isSpecial(entry)) {
        return;
      }
      if (write && !Pte.isDirty(entry) && !memMap.testFlag(head, FolioFlags.DIRTY)) {
        memMap.setFlag(head, FolioFlags.DIRTY);
      }
      age.markAccessed(head);
    }
  }
}
