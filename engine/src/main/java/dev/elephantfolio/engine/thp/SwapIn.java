package dev.elephantfolio.engine.thp;

import dev.elephantfolio.engine.mm.Vma;

/** Brings a swapped page back, for a collapse that wants the whole table present. */
@FunctionalInterface
public interface SwapIn {
  /** For a machine without a swap area: nothing can be swapped out, so nothing comes back. */
  SwapIn NO_SWAP = (_, _) -> false;

  /**
   * Brings in the page whose entry at {@code address} of {@code vma} is a swap entry. Called with
   * mmap_lock held for reading, and nothing else.
   *
   * @return false when it cannot be read or no memory is left
   */
  boolean swapIn(Vma vma, long address);
}
