package dev.elephantfolio.engine.thp;

import dev.elephantfolio.engine.Kernel;
import dev.elephantfolio.engine.mm.AddressSpace;
import dev.elephantfolio.engine.mm.Vma;

/**
 * One attempt to collapse a 2 MiB place: a look at it and, when that says so, the collapse.
 *
 * <p>Used by khugepaged and by MADV_COLLAPSE; any number of threads at a time.
 */
public final class Collapser {
  private final CollapseScan scan;
  private final Collapse collapse;

  public Collapser(Kernel kernel) {
    this(kernel, SwapIn.NO_SWAP);
  }

  public Collapser(Kernel kernel, SwapIn swapIn) {
    this.scan = new CollapseScan(kernel);
    this.collapse = new Collapse(kernel, swapIn);
  }

  /**
   * What came of an attempt.
   *
   * @param lockDropped whether mmap_lock is no longer held, so that the area may be gone
   */
  public record Attempt(ScanResult result, boolean lockDropped) {}

  /**
   * Tries to collapse the place at {@code hugeAddress}, which {@code vma} covers. The caller holds
   * mmap_lock for reading; it is let go when a huge page is to be allocated.
   */
  public Attempt attempt(Vma vma, long hugeAddress, Purpose purpose) {
    CollapseScan.Finding finding = scan.scan(vma, hugeAddress, purpose);
    if (finding.result() != ScanResult.SUCCEED) {
      return new Attempt(finding.result(), false);
    }
    AddressSpace mm = vma.mm();
    mm.mmapReadUnlock();
    boolean bringIn = finding.unmapped() > 0;
    return new Attempt(collapse.collapse(mm, hugeAddress, bringIn, purpose), true);
  }

  /** Whether {@code hugeAddress} may still be collapsed, after mmap_lock was let go and retaken. */
  ScanResult revalidate(AddressSpace mm, long hugeAddress, Purpose purpose) {
    return collapse.revalidate(mm, hugeAddress, purpose, false);
  }
}
