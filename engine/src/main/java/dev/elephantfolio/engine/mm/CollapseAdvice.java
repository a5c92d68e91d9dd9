package dev.elephantfolio.engine.mm;

/** What MADV_COLLAPSE asks of the room that knows how to collapse. */
public interface CollapseAdvice {
  /**
   * Makes what it can of {@code [startAddress, endAddress)}, which lies within {@code vma}, huge at
   * once.
   *
   * <p>Called with mmap_lock held for reading, and returns (also by an exception) with it held for
   * reading; meanwhile it may be released, and then {@code vma} may be gone.
   *
   * @return whether mmap_lock was released meanwhile
   * @throws dev.elephantfolio.engine.MemoryException EINVAL where no huge page may be, ENOMEM,
   *     EBUSY, EAGAIN
   */
  boolean collapse(Vma vma, long startAddress, long endAddress);
}
