package dev.elephantfolio.engine.mm;

import dev.elephantfolio.engine.Kernel;
import dev.elephantfolio.engine.MemoryException;
import dev.elephantfolio.engine.fault.FaultHandler;
import dev.elephantfolio.engine.pagetable.FreePageTables;
import dev.elephantfolio.engine.thp.Khugepaged;
import dev.elephantfolio.engine.thp.PmdSplit;
import java.util.function.Supplier;
import org.jspecify.annotations.Nullable;

/** The page tables' side of the memory calls: hands each request to the class that knows how. */
public final class PageTableRanges implements RangeOperations {
  private final ZapRange zapRange;
  private final ChangeProtection changeProtection;
  private final Populate populate;
  private final MlockRange mlockRange;
  private final PmdSplit pmdSplit;
  private final Khugepaged khugepaged;

  /**
   * @param faults what resolves faults; asked for when the first range is populated, as it is made
   *     later than this
   */
  public PageTableRanges(Kernel kernel, Khugepaged khugepaged, Supplier<FaultHandler> faults) {
    this.zapRange = new ZapRange(kernel);
    this.changeProtection = new ChangeProtection(kernel);
    this.populate = new Populate(kernel, faults);
    this.mlockRange = new MlockRange(kernel);
    this.pmdSplit = kernel.pmdSplit();
    this.khugepaged = khugepaged;
  }

  ZapRange zapRange() {
    return zapRange;
  }

  Populate populate() {
    return populate;
  }

  @Override
  public void zap(Vma vma, long startAddress, long endAddress) {
    zapRange.unmap(vma, startAddress, endAddress);
  }

  @Override
  public void freePageTables(
      AddressSpace mm, long startAddress, long endAddress, long floorAddress, long ceilingAddress) {
    FreePageTables.free(mm.tables(), startAddress, endAddress, floorAddress, ceilingAddress);
  }

  @Override
  public void changeProtection(Vma vma, long startAddress, long endAddress, boolean tryWritable) {
    long _ = changeProtection.change(vma, startAddress, endAddress, tryWritable);
  }

  @Override
  public void populate(AddressSpace mm, long startAddress, long lengthBytes, boolean ignoreErrors) {
    populate.populate(mm, startAddress, lengthBytes, ignoreErrors);
  }

  @Override
  public void populateLocked(Vma vma, long startAddress, long endAddress) {
    try {
      populate.populate(vma, startAddress, endAddress);
    } catch (MemoryException _) {
      // Whoever asks has done its work already: the pages come with later faults.
    }
  }

  @Override
  public void mlockRange(Vma vma, long startAddress, long endAddress) {
    mlockRange.mark(vma, startAddress, endAddress);
  }

  @Override
  public void adjustHuge(Vma vma, long startAddress, long endAddress, @Nullable Vma next) {
    pmdSplit.adjust(vma, startAddress, endAddress, next);
  }

  @Override
  public void khugepagedEnter(Vma vma, long flags) {
    khugepaged.enter(vma, flags);
  }
}
