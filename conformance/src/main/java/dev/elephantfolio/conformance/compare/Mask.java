package dev.elephantfolio.conformance.compare;

import dev.elephantfolio.engine.stat.KernelPages;
import dev.elephantfolio.lab.scenario.Counters;
import dev.elephantfolio.lab.scenario.SmapsField;

/**
 * What is left out of the comparison: nothing but what stands here, and everything that stands here
 * has a row in {@code docs/fidelity.md} with its reason.
 */
public final class Mask {
  /** What of kpageflags does not hang on when the LRU's batches and the aging come round. */
  private static final long FRAME_FLAGS =
      KernelPages.UPTODATE
          | KernelPages.MMAP
          | KernelPages.ANON
          | KernelPages.SWAPCACHE
          | KernelPages.SWAPBACKED
          | KernelPages.COMPOUND_HEAD
          | KernelPages.COMPOUND_TAIL
          | KernelPages.HUGE
          | KernelPages.UNEVICTABLE
          | KernelPages.MLOCKED
          | KernelPages.NOPAGE
          | KernelPages.KSM
          | KernelPages.THP
          | KernelPages.ZERO_PAGE;

  private Mask() {}

  /** Every field but Referenced, which whoever monitors accesses clears. */
  public static boolean compares(SmapsField field) {
    return field != SmapsField.REFERENCED;
  }

  /** The bits of kpageflags that are compared. */
  public static long frameFlags(long flags) {
    return flags & FRAME_FLAGS;
  }

  /** The counters of huge pages; the others count what the whole machine does. */
  public static boolean comparesCounter(String name) {
    return Counters.isReported(name);
  }
}
