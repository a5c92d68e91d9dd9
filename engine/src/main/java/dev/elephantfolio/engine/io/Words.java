package dev.elephantfolio.engine.io;

import dev.elephantfolio.engine.Errno;
import dev.elephantfolio.engine.MemoryException;
import dev.elephantfolio.engine.sync.SyncPoint;
import dev.elephantfolio.engine.sync.SyncPoints;

/**
 * Ranges of memory as words of 64 bits: which offsets of a range must be copied for it to be copied
 * whole, given how much of a page's contents is kept.
 */
final class Words {
  private Words() {}

  /** What is done with each word. */
  @FunctionalInterface
  interface Step {
    /** With the word {@code offsetBytes} behind the start of the range. */
    void at(long offsetBytes);
  }

  /**
   * Does {@code step} for the words of a range, in ascending order. Another thread may come in
   * before each: a device works while the processors do.
   *
   * @param address of the range: words lie at its multiples of {@code bytesOfAWord}
   * @param from the first offset of the part to do, {@code to} one past its last
   */
  static void each(long address, long from, long to, int bytesOfAWord, Step step) {
    long first = -(address + from) & (bytesOfAWord - 1);
    for (long offset = from + first; offset < to; offset += bytesOfAWord) {
      SyncPoints.reach(SyncPoint.OTHER);
      step.at(offset);
    }
  }

  /**
   * Memory is kept in words, so ranges must be made of them.
   *
   * @throws MemoryException EINVAL
   */
  static void checkAligned(long address, long lengthBytes) {
    if (((address | lengthBytes) & (Long.BYTES - 1)) != 0 || lengthBytes < 0) {
      throw new MemoryException(Errno.EINVAL);
    }
  }
}
