package dev.elephantfolio.engine.gup;

import dev.elephantfolio.engine.Kernel;
import dev.elephantfolio.engine.frame.Contents;
import dev.elephantfolio.engine.frame.FolioFlags;
import dev.elephantfolio.engine.frame.MemMap;
import org.jspecify.annotations.Nullable;

/**
 * The pages that stood behind a range of addresses when it was asked for, held until they are let
 * go of: by pins, or by plain references.
 *
 * <p>The frames and their contents live as long as they are held, whatever becomes of the mapping,
 * the area or the process. Whether the process still sees them is another matter: pinned anonymous
 * pages stay the ones it sees until it unmaps or replaces them itself; plainly referenced ones may
 * be copied away from it.
 *
 * <p>Used by one thread at a time. There may be fewer pages than asked for: where an address could
 * not be had, what lies below it is held.
 */
public final class PinnedPages implements AutoCloseable {
  private static final int PAGE_SHIFT = 12;
  private static final int PAGE_OFFSET_MASK = (1 << PAGE_SHIFT) - 1;

  private final Kernel kernel;
  private final long address;
  private final long lengthBytes;

  /** By page; 0 for one that was let go of. */
  private final int[] pfns;

  private final int count;
  private final boolean pinned;
  private final boolean writable;
  private final PinStripe stripe;

  /** Of a single page, in the stripe. */
  private final int slot;

  /** How many pages are still held. */
  private int held;

  private boolean forgotten;

  /** Of each folio there is one pin, not one a page. */
  private boolean oneAFolio;

  /** Links of the stripe, who guards them, of more than one page. */
  @Nullable PinnedPages next;

  @Nullable PinnedPages previous;

  /**
   * @param pfns the pages, the first {@code count} of them held; taken over
   * @param flags {@link GupFlags}
   */
  PinnedPages(Kernel kernel, long address, long lengthBytes, int[] pfns, int count, int flags) {
    this.kernel = kernel;
    this.address = address;
    this.lengthBytes = lengthBytes;
    this.pfns = pfns;
    this.count = count;
    this.held = count;
    this.pinned = GupFlags.has(flags, GupFlags.PIN);
    this.writable = GupFlags.has(flags, GupFlags.WRITE);
    this.stripe = kernel.pins().current();
    this.slot = count == 1 ? stripe.add(pfns[0], pinned) : 0;
    if (count > 1) {
      stripe.add(this);
    }
  }

  /** The first byte address that was asked for. */
  public long address() {
    return address;
  }

  /** How many pages were had. */
  public int count() {
    return count;
  }

  /** Whether all pages that were asked for were had. */
  public boolean isComplete() {
    return availableBytes() == lengthBytes;
  }

  /** How many bytes from {@link #address} on lie in pages that were had. */
  public long availableBytes() {
    long end = ((long) count << PAGE_SHIFT) - (address & PAGE_OFFSET_MASK);
    return Math.clamp(end, 0, lengthBytes);
  }

  /** The frame of the {@code index}th page; 0 when it was let go of. */
  public int pfn(int index) {
    return pfns[index];
  }

  /** Whether these are pins, not plain references. */
  public boolean isPinned() {
    return pinned;
  }

  /** How many pages are held still. */
  public int held() {
    return held;
  }

  // Contents, as a device sees them: by frame, past all page tables.

  /**
   * Loads the word {@code offsetBytes} behind {@link #address}.
   *
   * @param offsetBytes within {@link #availableBytes}; the word must lie at a multiple of 8
   */
  public long read(long offsetBytes) {
    long at = (address & PAGE_OFFSET_MASK) + offsetBytes;
    return kernel.contents().readLong(heldPage(at), (int) at & PAGE_OFFSET_MASK);
  }

  /**
   * Stores a word {@code offsetBytes} behind {@link #address}.
   *
   * @throws IllegalStateException when the pages are held for reading only
   */
  public void write(long offsetBytes, long word) {
    if (!writable) {
      throw new IllegalStateException("pages held for reading are written to");
    }
    long at = (address & PAGE_OFFSET_MASK) + offsetBytes;
    kernel.contents().writeLong(heldPage(at), (int) at & PAGE_OFFSET_MASK, word);
  }

  /** How many bytes one word stands for ({@link Contents#bytesOfAWord}). */
  public int bytesOfAWord() {
    return kernel.contents().bytesOfAWord();
  }

  private int heldPage(long offsetFromFirstPage) {
    int index = Math.toIntExact(offsetFromFirstPage >>> PAGE_SHIFT);
    int pfn = index < count ? pfns[index] : 0;
    if (pfn == 0) {
      throw new IllegalStateException("page " + index + " is not held");
    }
    return pfn;
  }

  // Letting go.

  /** Lets go of all pages that are still held. */
  public void unpin() {
    unpin(0, count);
  }

  /**
   * Lets go of {@code pages} pages from the {@code from}th on, as far as they are still held.
   *
   * @throws IllegalStateException for a part, after {@link #tryKeepOnePinAFolio}
   */
  public void unpin(int from, int pages) {
    if (oneAFolio && pages != count) {
      throw new IllegalStateException("a part of what is pinned by folio");
    }
    MemMap memMap = kernel.memMap();
    int at = from;
    while (at < from + pages) {
      int run = pfns[at] == 0 ? 1 : run(memMap, at, from + pages);
      if (pfns[at] != 0) {
        letGo(memMap.head(pfns[at]), at, run);
      }
      at += run;
    }
    if (pages > 0 && held == 0 && count > 0) {
      forget();
    }
  }

  /** As {@link #unpin()}, of pages that were written to: their folios are dirty now. */
  public void unpinDirty() {
    markDirty();
    unpin();
  }

  /** Says that the pages that are still held were, or will be, written to. Takes folio locks. */
  public void markDirty() {
    MemMap memMap = kernel.memMap();
    for (int i = 0; i < count; i++) {
      if (pfns[i] != 0) {
        markDirty(memMap, memMap.head(pfns[i]));
      }
    }
  }

  private void markDirty(MemMap memMap, int head) {
    if (kernel.folioPins().isUncounted(head) || memMap.testFlag(head, FolioFlags.DIRTY)) {
      return;
    }
    kernel.folios().lock(head);
    memMap.setFlag(head, FolioFlags.DIRTY);
    kernel.folios().unlock(head);
  }

  /** As {@link #unpin()}. */
  @Override
  public void close() {
    unpin();
  }

  /**
   * Gives back all pins but one a folio, as who registers buffers does: one keeps the folio as well
   * as many. Only where the range goes from folio to folio of one size without gaps, and they are
   * large. Afterwards all pages are let go of at once.
   *
   * @return whether that was done
   */
  public boolean tryKeepOnePinAFolio() {
    MemMap memMap = kernel.memMap();
    if (oneAFolio || held < 2 || held != count || !isFolioByFolio(memMap)) {
      return false;
    }
    oneAFolio = true;
    for (int at = 0; at < count; at += run(memMap, at, count)) {
      int extra = run(memMap, at, count) - 1;
      if (extra > 0) {
        kernel.folioPins().release(memMap.head(pfns[at]), extra, pinned);
      }
    }
    return true;
  }

  /** Each folio but the first from its first page, each but the last to its last, all alike. */
  private boolean isFolioByFolio(MemMap memMap) {
    int order = memMap.order(pfns[0]);
    for (int i = 1; i < count; i++) {
      boolean sameFolio = memMap.head(pfns[i]) == memMap.head(pfns[i - 1]);
      if (sameFolio && pfns[i] == pfns[i - 1] + 1) {
        continue;
      }
      boolean atEnd = pfns[i - 1] == memMap.head(pfns[i - 1]) + memMap.pages(pfns[i - 1]) - 1;
      boolean atStart = pfns[i] == memMap.head(pfns[i]);
      if (sameFolio || !atEnd || !atStart || memMap.order(pfns[i]) != order) {
        return false;
      }
    }
    return order > 0;
  }

  /** Told of pages that are held. */
  public interface Visitor {
    /** {@code holds} holds of the folio that {@code page} is in. */
    void visit(int page, int holds);
  }

  /** Visits all holds, folio by folio; for checks. */
  public void forEachHold(Visitor visitor) {
    int run;
    for (int at = 0; at < count; at += run) {
      run = pfns[at] == 0 ? 1 : run(kernel.memMap(), at, count);
      if (pfns[at] != 0) {
        visitor.visit(pfns[at], oneAFolio ? 1 : run);
      }
    }
  }

  /** How many pages from the {@code at}th on follow each other in one folio. */
  private int run(MemMap memMap, int at, int end) {
    int head = memMap.head(pfns[at]);
    int limit = Math.min(end - at, head + memMap.pages(head) - pfns[at]);
    int run = 1;
    while (run < limit && pfns[at + run] == pfns[at] + run) {
      run++;
    }
    return run;
  }

  private void letGo(int head, int at, int run) {
    for (int i = 0; i < run; i++) {
      pfns[at + i] = 0;
    }
    held -= run;
    kernel.folioPins().release(head, oneAFolio ? 1 : run, pinned);
  }

  private void forget() {
    if (!forgotten) {
      forgotten = true;
      if (count == 1) {
        stripe.remove(slot);
      } else {
        stripe.remove(this);
      }
    }
  }

  @Override
  public String toString() {
    return "%s of %d pages at %x".formatted(pinned ? "pins" : "references", held, address);
  }
}
