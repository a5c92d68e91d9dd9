package dev.elephantfolio.concurrency.soak;

/**
 * The memory of each process, and whose it is.
 *
 * <pre>
 *  block    0                    1                    2            3
 *           |00|11|  |00|11|  |  |00|11|  |00|11|  |  |0000000000| |1111111111|
 * </pre>
 *
 * In the first blocks, runs of sixteen pages belong to the first thread, the second, and nobody in
 * turn; then each thread has a block of its own. Only its owner unmaps or drops a page; a page of
 * nobody is written to by all threads, each in a word of its own, and never goes. So large folios
 * hold pages of everybody.
 */
final class Layout {
  static final long BASE = 0x1000_0000_0000L;
  static final long PAGE_BYTES = 4096;
  static final int BLOCK_PAGES = 512;
  static final int THREADS = 2;
  private static final int SHARED_BLOCKS = 2;
  static final int PAGES = (SHARED_BLOCKS + THREADS) * BLOCK_PAGES;
  static final int NOBODY = -1;

  private static final long SCRATCH = 0x2000_0000_0000L;
  private static final long SCRATCH_STEP = 1L << 30;
  private static final int RUN_PAGES = 16;

  private Layout() {}

  /** The thread that may destroy the page, or {@link #NOBODY}. */
  static int owner(int page) {
    int block = page / BLOCK_PAGES;
    if (block >= SHARED_BLOCKS) {
      return block - SHARED_BLOCKS;
    }
    int turn = page / RUN_PAGES % (THREADS + 1);
    return turn == THREADS ? NOBODY : turn;
  }

  static long address(int page) {
    return BASE + page * PAGE_BYTES;
  }

  static long bytes(int pages) {
    return pages * PAGE_BYTES;
  }

  /** Where a thread moves pages to for a while; nobody else maps anything there. */
  static long scratch(int thread) {
    return SCRATCH + thread * SCRATCH_STEP;
  }
}
