package dev.elephantfolio.conformance.compare;

import dev.elephantfolio.engine.stat.KernelPages;
import dev.elephantfolio.lab.scenario.Counters;
import dev.elephantfolio.lab.scenario.SmapsField;
import dev.elephantfolio.lab.scenario.Step;
import dev.elephantfolio.lab.scenario.Step.KhugepagedStep;
import java.util.List;
import java.util.function.Predicate;

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

  /**
   * Which counters are compared at the end of a program: those of huge pages, but for what does not
   * hang on the program alone.
   */
  public static Predicate<String> counters(List<Step> program) {
    boolean scans = program.stream().anyMatch(KhugepagedStep.class::isInstance);
    return name ->
        Counters.isReported(name) && !isOfTheMachine(name) && !(scans && isOfScans(name));
  }

  /** There is one huge zero page, which another process may have had made before. */
  private static boolean isOfTheMachine(String counter) {
    return counter.startsWith("thp_zero_page_");
  }

  /** khugepaged looks at the processes of others, too. */
  private static boolean isOfScans(String counter) {
    return counter.startsWith("thp_scan_") || counter.startsWith("thp_collapse_");
  }
}
