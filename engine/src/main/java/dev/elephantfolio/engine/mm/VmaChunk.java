package dev.elephantfolio.engine.mm;

/**
 * A run of consecutive areas with the ranges under which the tree knows them: immutable, 1 to
 * {@link #MAX} entries in ascending order.
 *
 * <p>The ranges are the tree's own: an area whose range changes is stored anew, so a reader of an
 * old version sees old ranges that fit together.
 */
final class VmaChunk {
  static final int MAX = 64;

  private final long[] starts;
  private final long[] ends;
  private final Vma[] areas;
  private final long largestGap;

  /** Takes the arrays over. */
  VmaChunk(long[] starts, long[] ends, Vma[] areas) {
    this.starts = starts;
    this.ends = ends;
    this.areas = areas;
    long largest = 0;
    for (int i = 1; i < starts.length; i++) {
      largest = Math.max(largest, starts[i] - ends[i - 1]);
    }
    this.largestGap = largest;
  }

  long start(int index) {
    return starts[index];
  }

  long end(int index) {
    return ends[index];
  }

  Vma area(int index) {
    return areas[index];
  }

  /** The largest gap between two neighbours of this chunk. */
  long largestGap() {
    return largestGap;
  }

  int size() {
    return areas.length;
  }

  long firstStart() {
    return starts[0];
  }

  long lastEnd() {
    return ends[ends.length - 1];
  }

  /** The index of the first entry that ends beyond {@code address}; the size when there is none. */
  int indexOf(long address) {
    int low = 0;
    int high = ends.length;
    while (low < high) {
      int middle = (low + high) >>> 1;
      if (ends[middle] > address) {
        high = middle;
      } else {
        low = middle + 1;
      }
    }
    return low;
  }

  void copyAreas(Vma[] into, int at) {
    System.arraycopy(areas, 0, into, at, areas.length);
  }
}
