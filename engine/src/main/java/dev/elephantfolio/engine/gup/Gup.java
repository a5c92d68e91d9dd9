package dev.elephantfolio.engine.gup;

import dev.elephantfolio.engine.Errno;
import dev.elephantfolio.engine.Kernel;
import dev.elephantfolio.engine.MemoryException;
import dev.elephantfolio.engine.fault.FaultCount;
import dev.elephantfolio.engine.fault.FaultHandler;
import dev.elephantfolio.engine.folio.FolioPins;
import dev.elephantfolio.engine.frame.MemMap;
import dev.elephantfolio.engine.mm.AddressSpace;
import dev.elephantfolio.engine.mm.Addresses;
import dev.elephantfolio.engine.mm.MmFlags;

/**
 * get_user_pages and pin_user_pages: holds the pages behind a range of addresses.
 *
 * <pre>
 *  call      | Linux                                        | way
 *  ----------+----------------------------------------------+------------------------------
 *  pin       | pin_user_pages_fast                          | without a lock, then the rest
 *            |                                              | under mmap_lock
 *  pinSlow   | pin_user_pages_unlocked                      | under mmap_lock
 *  get       | get_user_pages_fast                          | as pin
 *  getSlow   | get_user_pages_unlocked                      | as pinSlow
 * </pre>
 *
 * Any thread may call anything at any time. Waiting here cannot be interrupted: there is no EINTR.
 */
public final class Gup {
  private final Kernel kernel;
  private final MemMap memMap;
  private final FolioPins pins;
  private final FastGup fast;
  private final SlowGup slow;
  private final LongtermSeam longterm;

  public Gup(Kernel kernel, FaultHandler faults) {
    this(kernel, faults, LongtermSeam.ANYWHERE);
  }

  /**
   * @param longterm which pages may be pinned for ever
   */
  public Gup(Kernel kernel, FaultHandler faults, LongtermSeam longterm) {
    this.kernel = kernel;
    this.memMap = kernel.memMap();
    this.pins = kernel.folioPins();
    this.longterm = longterm;
    PinRules rules = new PinRules(kernel);
    this.fast = new FastGup(kernel, rules, longterm);
    this.slow = new SlowGup(kernel, faults, rules);
  }

  /**
   * Pins the pages that the range overlaps, for DMA or the like.
   *
   * @param flags {@link GupFlags}
   * @param faultCount told of each fault on the way
   * @return at least one page, unless the range is empty or FAST_ONLY was asked for
   * @throws MemoryException EFAULT, ENOMEM when not even the first page could be had; EINVAL for
   *     flags that do not go together; EOVERFLOW for a range that wraps
   */
  public PinnedPages pin(
      AddressSpace mm, long address, long lengthBytes, int flags, FaultCount faultCount) {
    check(GupFlags.isValid(flags, true, true));
    return hold(mm, address, lengthBytes, flags | GupFlags.PIN, true, faultCount);
  }

  /**
   * As {@link #pin}, under mmap_lock all the way.
   *
   * @throws MemoryException as {@link #pin}
   */
  public PinnedPages pinSlow(
      AddressSpace mm, long address, long lengthBytes, int flags, FaultCount faultCount) {
    check(GupFlags.isValid(flags, true, false));
    return hold(mm, address, lengthBytes, flags | GupFlags.PIN, false, faultCount);
  }

  /**
   * Refers to the pages that the range overlaps: they are kept, but may be copied away from the
   * process.
   *
   * @throws MemoryException as {@link #pin}; EINVAL also for LONGTERM
   */
  public PinnedPages get(
      AddressSpace mm, long address, long lengthBytes, int flags, FaultCount faultCount) {
    check(GupFlags.isValid(flags, false, true));
    return hold(mm, address, lengthBytes, flags, true, faultCount);
  }

  /**
   * As {@link #get}, under mmap_lock all the way.
   *
   * @throws MemoryException as {@link #get}
   */
  public PinnedPages getSlow(
      AddressSpace mm, long address, long lengthBytes, int flags, FaultCount faultCount) {
    check(GupFlags.isValid(flags, false, false));
    return hold(mm, address, lengthBytes, flags, false, faultCount);
  }

  private static void check(boolean valid) {
    if (!valid) {
      throw new MemoryException(Errno.EINVAL);
    }
  }

  private PinnedPages hold(
      AddressSpace mm,
      long address,
      long lengthBytes,
      int flags,
      boolean fastFirst,
      FaultCount faultCount) {
    long start = Addresses.pageFloor(address);
    long pages = pagesOf(start, address, lengthBytes);
    if (GupFlags.has(flags, GupFlags.PIN)) {
      setHasPinned(mm);
    }
    // More pages than are mapped cannot be had; so a wild length costs no more than it gives.
    int[] pfns = new int[(int) Math.min(pages, Math.min(mm.totalVmPages() + 1, 1 << 30))];
    int held = fastFirst ? fast.hold(mm, start, pfns.length, flags, pfns) : 0;
    if (held < pfns.length && !GupFlags.has(flags, GupFlags.FAST_ONLY)) {
      held = holdRest(mm, start, pfns, held, flags, faultCount);
    }
    return new PinnedPages(kernel, address, lengthBytes, pfns, held, flags);
  }

  /**
   * @throws MemoryException EOVERFLOW for a range that wraps, EFAULT for one beyond what a process
   *     may map
   */
  private static long pagesOf(long start, long address, long lengthBytes) {
    long end = address + lengthBytes;
    if (lengthBytes < 0 || Long.compareUnsigned(end, address) < 0) {
      throw new MemoryException(Errno.EOVERFLOW);
    }
    if (Long.compareUnsigned(end, Addresses.TASK_SIZE) > 0) {
      throw new MemoryException(Errno.EFAULT);
    }
    return lengthBytes == 0 ? 0 : Addresses.pages(Addresses.pageCeil(end) - start);
  }

  /** Before any pin is taken, so that a fork that may meet it looks for it. */
  private static void setHasPinned(AddressSpace mm) {
    if (!mm.hasFlag(MmFlags.HAS_PINNED)) {
      mm.setFlag(MmFlags.HAS_PINNED);
    }
  }

  private int holdRest(
      AddressSpace mm, long start, int[] pfns, int from, int flags, FaultCount faultCount) {
    try {
      return holdSlowly(
          mm, start + ((long) from << Addresses.PAGE_SHIFT), pfns, from, flags, faultCount);
    } catch (MemoryException refused) {
      if (from == 0) {
        throw refused;
      }
      return from;
    }
  }

  /** Until no page has to be moved away because it is pinned for long. */
  private int holdSlowly(
      AddressSpace mm, long start, int[] pfns, int from, int flags, FaultCount faultCount) {
    while (true) {
      int held = slow.hold(mm, start, pfns, from, pfns.length, flags, faultCount);
      if (!GupFlags.has(flags, GupFlags.LONGTERM) || mayStay(pfns, from, held)) {
        return held;
      }
      int[] moving = new int[held - from];
      System.arraycopy(pfns, from, moving, 0, moving.length);
      letGo(moving);
      if (!longterm.moveAway(moving, moving.length)) {
        throw new MemoryException(Errno.ENOMEM);
      }
    }
  }

  private boolean mayStay(int[] pfns, int from, int held) {
    for (int i = from; i < held; i++) {
      int head = memMap.head(pfns[i]);
      if (!pins.isUncounted(head) && !longterm.mayStay(head)) {
        return false;
      }
    }
    return true;
  }

  private void letGo(int[] pfns) {
    for (int pfn : pfns) {
      pins.release(memMap.head(pfn), 1, true);
    }
  }
}
