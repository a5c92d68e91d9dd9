package dev.elephantfolio.lab.scenario;

import dev.elephantfolio.engine.frame.Contents;

/**
 * The pages that a range of bytes touches, which a write or a read goes through one by one.
 *
 * @param address of the first byte
 * @param lengthBytes up to {@link Place#WINDOW_BYTES}
 */
public record PageRange(long address, long lengthBytes) {
  private static final long PAGE_MASK = -Contents.PAGE_SIZE;

  /** How many pages those are. */
  public int count() {
    long within = address & ~PAGE_MASK;
    return lengthBytes == 0
        ? 0
        : (int) ((within + lengthBytes + Contents.PAGE_SIZE - 1) / Contents.PAGE_SIZE);
  }

  /** Where the {@code index}th of them begins. */
  public long address(int index) {
    return (address & PAGE_MASK) + (long) index * Contents.PAGE_SIZE;
  }

  /** The {@code index}th page that a range from {@code place} on touches, as a place. */
  public static String page(Place place, int index) {
    long start = place.offsetBytes() & PAGE_MASK;
    return new Place(place.region(), place.number(), start + (long) index * Contents.PAGE_SIZE)
        .toString();
  }
}
