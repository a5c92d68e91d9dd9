package dev.elephantfolio.trace.perf;

import java.util.Arrays;

/**
 * Which addresses of a process are mapped: regions that do not overlap, sorted, each with a few
 * marks and a tag of whoever made it. All bounds are addresses in bytes and multiples of the page
 * size.
 */
final class RegionMap {
  /** No record explains the region. */
  static final int INFERRED = 1;

  /** A fault just beneath extends the region downwards. */
  static final int GROWS_DOWN = 2;

  /** How far beneath its end such a region may reach: the room the kernel keeps for a stack. */
  static final long GROWTH_LIMIT_BYTES = 128L << 20;

  private static final long PAGE_MASK = 4095;

  private long[] starts = new long[32];
  private long[] ends = new long[32];
  private int[] marks = new int[32];
  private int[] tags = new int[32];
  private int size;
  private int hit;

  RegionMap copy() {
    RegionMap copy = new RegionMap();
    copy.starts = starts.clone();
    copy.ends = ends.clone();
    copy.marks = marks.clone();
    copy.tags = tags.clone();
    copy.size = size;
    return copy;
  }

  int size() {
    return size;
  }

  long start(int index) {
    return starts[index];
  }

  long end(int index) {
    return ends[index];
  }

  int marks(int index) {
    return marks[index];
  }

  int tag(int index) {
    return tags[index];
  }

  /** The region that holds the address; -1 if none does. */
  int find(long address) {
    if (hit < size && starts[hit] <= address && address < ends[hit]) {
      return hit;
    }
    int index = firstEndingAfter(address);
    if (index == size || starts[index] > address) {
      return -1;
    }
    hit = index;
    return index;
  }

  /** The region that holds the address, if need be by growing down to it; -1 if there is none. */
  int findGrowing(long address) {
    int index = find(address);
    if (index >= 0) {
      return index;
    }
    int above = firstEndingAfter(address);
    if (above == size
        || (marks[above] & GROWS_DOWN) == 0
        || ends[above] - address > GROWTH_LIMIT_BYTES) {
      return -1;
    }
    starts[above] = address & ~PAGE_MASK;
    return above;
  }

  /** The first region that ends after the address, which may hold it; {@link #size()} if none. */
  int firstEndingAfter(long address) {
    int low = 0;
    int high = size;
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

  /** Whether nothing is mapped in the range. */
  boolean isFree(long start, long end) {
    int index = firstEndingAfter(start);
    return index == size || starts[index] >= end;
  }

  /** Maps the range, in place of whatever was there. */
  void set(long start, long end, int newMarks, int tag) {
    if (start >= end) {
      return;
    }
    clear(start, end);
    int at = firstEndingAfter(start);
    open(at);
    starts[at] = start;
    ends[at] = end;
    marks[at] = newMarks;
    tags[at] = tag;
  }

  /** Unmaps the range. */
  void clear(long start, long end) {
    int first = firstEndingAfter(start);
    if (start >= end || first == size || starts[first] >= end) {
      return;
    }
    if (starts[first] < start) {
      split(first, start);
      first++;
    }
    int last = first;
    while (last < size && ends[last] <= end) {
      last++;
    }
    if (last < size && starts[last] < end) {
      starts[last] = end;
    }
    remove(first, last);
  }

  private void split(int index, long at) {
    open(index + 1);
    starts[index + 1] = at;
    ends[index + 1] = ends[index];
    marks[index + 1] = marks[index];
    tags[index + 1] = tags[index];
    ends[index] = at;
  }

  private void open(int at) {
    if (size == starts.length) {
      starts = Arrays.copyOf(starts, size * 2);
      ends = Arrays.copyOf(ends, size * 2);
      marks = Arrays.copyOf(marks, size * 2);
      tags = Arrays.copyOf(tags, size * 2);
    }
    move(at, at + 1);
    size++;
  }

  private void remove(int from, int to) {
    move(to, from);
    size -= to - from;
  }

  private void move(int from, int to) {
    int count = size - from;
    System.arraycopy(starts, from, starts, to, count);
    System.arraycopy(ends, from, ends, to, count);
    System.arraycopy(marks, from, marks, to, count);
    System.arraycopy(tags, from, tags, to, count);
  }
}
