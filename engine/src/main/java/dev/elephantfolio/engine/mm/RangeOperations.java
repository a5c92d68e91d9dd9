package dev.elephantfolio.engine.mm;

import org.jspecify.annotations.Nullable;

/**
 * What the memory calls ask of the page tables, a range of addresses at a time.
 *
 * <p>The calls of this room decide which areas exist and with which flags; everything that looks at
 * an entry of a page table stands behind this seam. Addresses are byte addresses, multiples of the
 * page size; ranges are {@code [startAddress, endAddress)}.
 */
public interface RangeOperations {
  /**
   * Drops every page of the range from the page tables of its area, as munmap does.
   *
   * <p>Called with mmap_lock held for writing, or for reading after the area was taken out of the
   * tree (munmap downgrades). The area may reach further than the range on both sides.
   */
  void zap(Vma vma, long startAddress, long endAddress);

  /**
   * Frees the page tables that held {@code [startAddress, endAddress)}, after every page of it was
   * zapped. Tables that also serve addresses at or beyond {@code ceilingAddress} or below {@code
   * floorAddress} stay: the floor is where the area before the range ends (0 when there is none),
   * the ceiling where the area after it starts (0 when there is none, meaning no limit).
   */
  void freePageTables(
      AddressSpace mm, long startAddress, long endAddress, long floorAddress, long ceilingAddress);

  /**
   * Applies the protection of {@code vma}'s flags, already in force, to the range's entries.
   *
   * <p>{@code tryWritable} says that entries of pages that need no copy may become writable at once
   * (the area is private and was made writable). Called with mmap_lock held for writing and the
   * area write-locked.
   */
  void changeProtection(Vma vma, long startAddress, long endAddress, boolean tryWritable);

  /**
   * Faults in the pages of {@code [startAddress, startAddress + lengthBytes)} as the areas' flags
   * ask (writing to private writable ones), area by area. Called without mmap_lock.
   *
   * @throws dev.elephantfolio.engine.MemoryException unless {@code ignoreErrors}: ENOMEM where
   *     nothing is mapped or memory ran out, EFAULT where an area refuses the access
   */
  void populate(AddressSpace mm, long startAddress, long lengthBytes, boolean ignoreErrors);

  /**
   * Faults in the pages of a range within one area, as a locked stack needs when it grows. Called
   * with mmap_lock held for writing; failures are ignored.
   */
  void populateLocked(Vma vma, long startAddress, long endAddress);

  /**
   * Marks the present pages of the range mlocked (or no longer), as {@code vma}'s flags, already in
   * force, say. Called with mmap_lock held for writing and the area write-locked.
   */
  void mlockRange(Vma vma, long startAddress, long endAddress);

  /**
   * Splits the huge mappings that would straddle a boundary of {@code vma} once it spans {@code
   * [startAddress, endAddress)}, and those of {@code next} when its start is about to move to
   * {@code endAddress}. Called before the ranges change, under the anon_vma lock.
   */
  void adjustHuge(Vma vma, long startAddress, long endAddress, @Nullable Vma next);

  /**
   * Tells khugepaged that {@code vma} with {@code flags} may have become a place worth scanning.
   * Called with mmap_lock held for writing.
   */
  void khugepagedEnter(Vma vma, long flags);
}
