package dev.elephantfolio.lab.scenario;

/**
 * An address as a scenario writes it: a region's name and how far behind its beginning.
 *
 * @param region the name; {@link #HEAP} for the heap
 * @param number the region's, in order of first mention from 0; {@link #HEAP_NUMBER} for the heap
 * @param offsetBytes from the region's beginning, not negative
 */
public record Place(String region, int number, long offsetBytes) {
  /** The name of what brk moves. */
  public static final String HEAP = "[heap]";

  public static final int HEAP_NUMBER = -1;

  /** Every region has a window of addresses of its own. */
  public static final long WINDOW_BYTES = 1L << 30;

  /** Where the window of region 0 begins. */
  public static final long FIRST_WINDOW = 0x1000_0000_0000L;

  /** Where every process's heap begins, far from all windows. */
  public static final long HEAP_START = 0x0f00_0000_0000L;

  /** A place in the heap. */
  public static Place heap(long offsetBytes) {
    return new Place(HEAP, HEAP_NUMBER, offsetBytes);
  }

  /** Where the window of region {@code number} begins; for the heap's number, where that does. */
  public static long windowStart(int number) {
    return number == HEAP_NUMBER ? HEAP_START : FIRST_WINDOW + number * WINDOW_BYTES;
  }

  /** The byte address, as long as the name stands for its own window. */
  public long address() {
    return windowStart(number) + offsetBytes;
  }

  public boolean isHeap() {
    return number == HEAP_NUMBER;
  }

  /** The same region, {@code bytes} further on. */
  public Place plus(long bytes) {
    return new Place(region, number, offsetBytes + bytes);
  }

  /** As it is written: {@code a+4K}. */
  @Override
  public String toString() {
    return offsetBytes == 0 ? region : region + "+" + Sizes.print(offsetBytes);
  }
}
