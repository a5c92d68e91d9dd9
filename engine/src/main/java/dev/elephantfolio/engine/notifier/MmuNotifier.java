package dev.elephantfolio.engine.notifier;

/**
 * Who keeps translations of an address space in tables of its own.
 *
 * <p>Between the start and the end of an invalidation no translation of its range may be in use or
 * come into use. Several invalidations may be under way at once, by several threads or one within
 * another of the same thread. The caller holds mmap_lock, the area's lock or a lock of the reverse
 * map, but no page table, so what is called here may wait for locks that rank after those.
 *
 * <p>The questions about age are asked with a page table locked: they must not wait.
 *
 * <p>Source of the behaviour: include/linux/mmu_notifier.h of 6.18.
 */
public non-sealed interface MmuNotifier extends Subscriber {
  /** All pages of the range are still mapped; afterwards they may go at any moment. */
  void invalidateRangeStart(InvalidateRange range);

  /** The page tables say again what holds. */
  void invalidateRangeEnd(InvalidateRange range);

  /** Takes the marks of age off {@code [start, end)}, for good; whether there was one. */
  default boolean clearFlushYoung(long startAddress, long endAddress) {
    return false;
  }

  /** As {@link #clearFlushYoung}, but translations in use may go on without marking anew. */
  default boolean clearYoung(long startAddress, long endAddress) {
    return false;
  }

  /** Whether the page at {@code address} was used since its mark was taken off. */
  default boolean testYoung(long address) {
    return false;
  }
}
