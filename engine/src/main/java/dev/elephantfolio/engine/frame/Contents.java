package dev.elephantfolio.engine.frame;

/**
 * What the frames contain: real bytes, or one 64-bit tag a page.
 *
 * <p>Frames that nobody wrote to, or that were cleared, read as zeros and take no memory. Calls on
 * different pages may come from any thread; on one page they race like memory does.
 */
public abstract sealed class Contents permits TagContents, ByteContents {
  public static final int PAGE_SIZE = 4096;

  Contents() {}

  /**
   * @param offset in bytes from the start of the page, a multiple of 8
   */
  public abstract long readLong(int pfn, int offset);

  /**
   * @param offset in bytes from the start of the page, a multiple of 8
   */
  public abstract void writeLong(int pfn, int offset, long value);

  /**
   * How many bytes one word stands for: whoever copies a range word by word need only copy the
   * words at multiples of this.
   */
  public abstract int bytesOfAWord();

  /** Makes {@code pages} pages equal to others. */
  public abstract void copy(int dstPfn, int srcPfn, int pages);

  /** Makes {@code pages} pages zero. */
  public abstract void clear(int pfn, int pages);

  /** Whether the page reads as zeros. */
  public abstract boolean isZero(int pfn);

  public abstract boolean sameContents(int pfn, int otherPfn);

  /** A number that is the same for pages of the same contents. */
  public abstract long hash(int pfn);

  /** Real bytes, allocated page by page when first written. */
  public static Contents bytes(MemMap map) {
    return new ByteContents(map.frames());
  }

  /** A tag a page, allocated 512 at a time when first written. */
  public static Contents tags(MemMap map) {
    return new TagContents(map.frames());
  }
}
