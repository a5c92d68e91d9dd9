package dev.elephantfolio.engine.mm;

import dev.elephantfolio.engine.pagecache.MappedFile;
import dev.elephantfolio.engine.rmap.AnonVma;
import org.jspecify.annotations.Nullable;

/**
 * A range that may merge with its neighbours, and what became of it.
 *
 * <pre>
 *   previous   middle    next
 *  |--------|**********|------|
 *            start  end          the range asked for
 * </pre>
 *
 * {@code middle} is the area that the range is (part of); null for a range that is new. When the
 * range begins inside {@code middle}, {@code previous} is {@code middle} itself. A merge moves
 * {@code start}, {@code end} and {@code pageOffset} to those of the merged area, and names it in
 * {@code target}. Used by one thread, under mmap_lock held for writing.
 */
final class MergeRequest {
  final AddressSpace mm;
  @Nullable Vma previous;
  @Nullable Vma middle;
  @Nullable Vma next;
  @Nullable Vma target;

  /** The area that mremap copies from, when the new range is its copy. */
  @Nullable Vma copiedFrom;

  long start;
  long end;
  long pageOffset;
  long flags;
  final @Nullable MappedFile file;
  final @Nullable AnonVma anonVma;
  @Nullable String name;

  /** Only grow {@code previous}; there is nothing to merge with above. */
  boolean justExpand;

  /** The merge raises {@code middle}'s start to {@code end}. */
  boolean adjustMiddleStart;

  /** The merge lowers {@code next}'s start to {@code end}. */
  boolean adjustNextStart;

  boolean removeMiddle;
  boolean removeNext;

  private MergeRequest(
      AddressSpace mm,
      long start,
      long end,
      long pageOffset,
      long flags,
      @Nullable MappedFile file,
      @Nullable AnonVma anonVma) {
    this.mm = mm;
    this.start = start;
    this.end = end;
    this.pageOffset = pageOffset;
    this.flags = flags;
    this.file = file;
    this.anonVma = anonVma;
  }

  /** A range that nothing occupies (or nothing that will stay). */
  static MergeRequest ofNew(
      AddressSpace mm,
      long start,
      long end,
      long pageOffset,
      long flags,
      @Nullable MappedFile file,
      @Nullable Vma previous,
      @Nullable Vma next) {
    MergeRequest request = new MergeRequest(mm, start, end, pageOffset, flags, file, null);
    request.previous = previous;
    request.next = next;
    return request;
  }

  /** The part {@code [start, end)} of {@code middle}, whose attributes are about to change. */
  static MergeRequest ofExisting(@Nullable Vma previous, Vma middle, long start, long end) {
    MergeRequest request = like(middle, start, end, middle.pageOffset(start));
    request.previous = previous;
    request.middle = middle;
    return request;
  }

  /** A new range with the attributes of {@code model}. */
  static MergeRequest like(Vma model, long start, long end, long pageOffset) {
    MergeRequest request =
        new MergeRequest(
            model.mm(), start, end, pageOffset, model.flags(), model.file(), model.anonVma());
    request.name = model.name();
    return request;
  }

  long pages() {
    return Addresses.pages(end - start);
  }
}
