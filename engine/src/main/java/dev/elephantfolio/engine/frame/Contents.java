package dev.elephantfolio.engine.frame;

import dev.elephantfolio.engine.sync.SyncPlace;
import dev.elephantfolio.engine.sync.SyncPoint;
import dev.elephantfolio.engine.sync.SyncPoints;

/**
 * What the frames contain: real bytes, or one 64-bit tag a page.
 *
 * <p>Frames that nobody wrote to, or that were cleared, read as zeros and take no memory. Calls on
 * different pages may come from any thread; on one page they race like memory does.
 */
public abstract sealed class Contents implements SyncPlace permits TagContents, ByteContents {
  public static final int PAGE_SIZE = 4096;

  private final long syncId = SyncPoints.newId();

  Contents() {}

  /**
   * @param offset in bytes from the start of the page, a multiple of 8
   */
  public final long readLong(int pfn, int offset) {
    SyncPoints.reach(SyncPoint.CONTENTS_LOAD, this, Integer.toUnsignedLong(pfn));
    long value = load(pfn, offset);
    SyncPoints.read(this, Integer.toUnsignedLong(pfn), value);
    return value;
  }

  /**
   * @param offset in bytes from the start of the page, a multiple of 8
   */
  public final void writeLong(int pfn, int offset, long value) {
    if (!SyncPoints.active()) {
      store(pfn, offset, value);
      return;
    }
    SyncPoints.reach(SyncPoint.CONTENTS_STORE, this, Integer.toUnsignedLong(pfn));
    long before = summary(pfn);
    store(pfn, offset, value);
    tellChanged(pfn, before);
  }

  /**
   * How many bytes one word stands for: whoever copies a range word by word need only copy the
   * words at multiples of this.
   */
  public abstract int bytesOfAWord();

  /** Makes {@code pages} pages equal to others. */
  public final void copy(int dstPfn, int srcPfn, int pages) {
    if (!SyncPoints.active()) {
      copyPages(dstPfn, srcPfn, pages);
      return;
    }
    for (int page = 0; page < pages; page++) {
      SyncPoints.reach(SyncPoint.CONTENTS_LOAD, this, Integer.toUnsignedLong(srcPfn + page));
      SyncPoints.reach(SyncPoint.CONTENTS_STORE, this, Integer.toUnsignedLong(dstPfn + page));
      long before = summary(dstPfn + page);
      copyPages(dstPfn + page, srcPfn + page, 1);
      tellChanged(dstPfn + page, before);
    }
  }

  private void tellChanged(int pfn, long before) {
    SyncPoints.changed(this, Integer.toUnsignedLong(pfn), before, summary(pfn));
  }

  /** Makes {@code pages} pages zero. */
  public final void clear(int pfn, int pages) {
    if (!SyncPoints.active()) {
      clearPages(pfn, pages);
      return;
    }
    for (int page = 0; page < pages; page++) {
      SyncPoints.reach(SyncPoint.CONTENTS_STORE, this, Integer.toUnsignedLong(pfn + page));
      long before = summary(pfn + page);
      clearPages(pfn + page, 1);
      tellChanged(pfn + page, before);
    }
  }

  /** Whether the page reads as zeros. */
  public final boolean isZero(int pfn) {
    SyncPoints.reach(SyncPoint.CONTENTS_LOAD, this, Integer.toUnsignedLong(pfn));
    boolean zero = allZero(pfn);
    SyncPoints.read(this, Integer.toUnsignedLong(pfn), zero ? 1 : 0);
    return zero;
  }

  public abstract boolean sameContents(int pfn, int otherPfn);

  /** A number that is the same for pages of the same contents. */
  public abstract long hash(int pfn);

  abstract long load(int pfn, int offset);

  abstract void store(int pfn, int offset, long value);

  abstract void copyPages(int dstPfn, int srcPfn, int pages);

  abstract void clearPages(int pfn, int pages);

  abstract boolean allZero(int pfn);

  /** A number that is the same for pages of the same contents; the tag where there is one. */
  abstract long summary(int pfn);

  @Override
  public final long syncId() {
    return syncId;
  }

  @Override
  public final String describePlace(long pfn) {
    return "contents of page " + pfn;
  }

  @Override
  public String describeValue(long pfn, long value) {
    return Long.toHexString(value);
  }

  /** Real bytes, allocated page by page when first written. */
  public static Contents bytes(MemMap map) {
    return new ByteContents(map.frames());
  }

  /** A tag a page, allocated 512 at a time when first written. */
  public static Contents tags(MemMap map) {
    return new TagContents(map.frames());
  }
}
