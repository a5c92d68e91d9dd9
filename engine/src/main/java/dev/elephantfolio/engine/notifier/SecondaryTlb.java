package dev.elephantfolio.engine.notifier;

/**
 * Who walks the process's own page tables and remembers what it found: a device behind an IOMMU
 * that shares the tables.
 *
 * <p>Source of the behaviour: arch_invalidate_secondary_tlbs, include/linux/mmu_notifier.h of 6.18.
 */
public non-sealed interface SecondaryTlb extends Subscriber {
  /**
   * Entries of the range were changed, and the processors forgot the old ones: forget them too, and
   * return only when no access through one is under way. Called with page tables locked.
   *
   * @param endAddress {@link InvalidateRange#NO_END} for all that follows
   */
  void invalidateSecondaryTlbs(long startAddress, long endAddress);
}
