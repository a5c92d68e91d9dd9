package dev.elephantfolio.linux.live;

import java.nio.ByteBuffer;

/**
 * The present and the swapped pages of a process in the ranges that were asked for, by address:
 * what pagemap, kpagecount and kpageflags say of each. A page is named by its place in this list.
 */
public final class LivePages {
  // The words of a page, as observe.c writes them.
  private static final int WORDS = 6;
  private static final int BYTES = WORDS * Long.BYTES;
  private static final int ADDRESS = 0;
  private static final int ENTRY = 1;
  private static final int FRAME_FLAGS = 2;
  private static final int HEAD_PFN = 3;
  private static final int VALUE = 4;
  private static final int SMALL = 5;

  // What the last word holds, by the bit where it begins.
  private static final long MAP_COUNT_MASK = 0xffff_ffffL;
  private static final int ORDER_SHIFT = 32;
  private static final int ORDER_MASK = 0xff;
  private static final int CATEGORIES_SHIFT = 40;
  private static final int PROCESS_SHIFT = 56;
  private static final int PROCESS_MASK = 0x7f;
  private static final long HAS_VALUE = 1L << 63;

  // Bits of pagemap's entries.
  private static final long PRESENT = 1L << 63;
  private static final long SWAPPED = 1L << 62;
  private static final long FILE = 1L << 61;
  private static final long GUARD = 1L << 58;
  private static final long EXCLUSIVE = 1L << 56;
  private static final long PFN = (1L << 55) - 1;

  /** PAGE_IS_HUGE of PAGEMAP_SCAN. */
  private static final long BY_PMD = 1 << 6;

  private final ByteBuffer words;
  private final int first;
  private final int count;

  private LivePages(ByteBuffer words, int first, int count) {
    this.words = words;
    this.first = first;
    this.count = count;
  }

  /** Takes the pages of one process from where the buffer stands, of those left in all. */
  static LivePages take(ByteBuffer words, int process, int left) {
    int first = words.position();
    int count = 0;
    while (count < left && process(words, first + count * BYTES) == process) {
      count++;
    }
    words.position(first + count * BYTES);
    return new LivePages(words, first, count);
  }

  private static int process(ByteBuffer words, int at) {
    return (int) (words.getLong(at + SMALL * Long.BYTES) >>> PROCESS_SHIFT) & PROCESS_MASK;
  }

  private long word(int page, int word) {
    if (page < 0 || page >= count) {
      throw new IndexOutOfBoundsException(page);
    }
    return words.getLong(first + page * BYTES + word * Long.BYTES);
  }

  private boolean entryHas(int page, long bit) {
    return (word(page, ENTRY) & bit) != 0;
  }

  public int count() {
    return count;
  }

  public long address(int page) {
    return word(page, ADDRESS);
  }

  public boolean isPresent(int page) {
    return entryHas(page, PRESENT);
  }

  /** In swap, on its way between frames, or a guard. */
  public boolean isSwapped(int page) {
    return entryHas(page, SWAPPED);
  }

  /** Mapped once in all. */
  public boolean isExclusive(int page) {
    return entryHas(page, EXCLUSIVE);
  }

  public boolean isGuard(int page) {
    return entryHas(page, GUARD);
  }

  /** Of a file or shared memory. */
  public boolean isFile(int page) {
    return entryHas(page, FILE);
  }

  /** Mapped by a PMD. */
  public boolean isByPmd(int page) {
    return (word(page, SMALL) >>> CATEGORIES_SHIFT & BY_PMD) != 0;
  }

  /** Its frame; 0 when it is not present, as for all that follows. */
  public long pfn(int page) {
    return isPresent(page) ? word(page, ENTRY) & PFN : 0;
  }

  /** The first frame of its folio. */
  public long headPfn(int page) {
    return word(page, HEAD_PFN);
  }

  /** Of its folio. */
  public int order(int page) {
    return (int) (word(page, SMALL) >>> ORDER_SHIFT) & ORDER_MASK;
  }

  /** What kpagecount says. */
  public long mapCount(int page) {
    return word(page, SMALL) & MAP_COUNT_MASK;
  }

  /** What kpageflags says. */
  public long frameFlags(int page) {
    return word(page, FRAME_FLAGS);
  }

  /** Whether its first word was asked for, and could be read. */
  public boolean hasValue(int page) {
    return (word(page, SMALL) & HAS_VALUE) != 0;
  }

  /** The first 64-bit word. */
  public long value(int page) {
    return word(page, VALUE);
  }
}
