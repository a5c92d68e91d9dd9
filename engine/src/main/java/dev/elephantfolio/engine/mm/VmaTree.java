package dev.elephantfolio.engine.mm;

import dev.elephantfolio.engine.sync.SyncPlace;
import dev.elephantfolio.engine.sync.SyncPoint;
import dev.elephantfolio.engine.sync.SyncPoints;
import java.util.Arrays;
import org.jspecify.annotations.Nullable;

/**
 * The areas of an address space in order of address.
 *
 * <p>Reading takes no lock and always sees one consistent version: versions are immutable and a
 * change publishes the next. A version is a sorted array of {@link VmaChunk}s; a change copies the
 * chunks it touches and the array of references. A reader without mmap_lock may hold a version that
 * is no longer current, so it locks the area it found and looks again ({@link VmaLookup}).
 *
 * <p>Changing needs mmap_lock held for writing. What is stored overwrites what it overlaps: entries
 * are cut back or dropped, as a range store of the kernel's maple tree does.
 */
public final class VmaTree implements SyncPlace {
  /** What a gap search returns when there is no such gap. */
  public static final long NO_GAP = -1;

  private static final int SMALL = VmaChunk.MAX / 4;

  /** One state of the tree. */
  private static final class Version {
    private final long[] lastEnds;
    private final VmaChunk[] chunks;
    private final int size;

    private Version(VmaChunk[] chunks) {
      this.chunks = chunks;
      this.lastEnds = new long[chunks.length];
      int areas = 0;
      for (int i = 0; i < chunks.length; i++) {
        lastEnds[i] = chunks[i].lastEnd();
        areas += chunks[i].size();
      }
      this.size = areas;
    }

    /** The index of the first chunk that ends beyond {@code address}; the length without one. */
    int chunkOf(long address) {
      int low = 0;
      int high = lastEnds.length;
      while (low < high) {
        int middle = (low + high) >>> 1;
        if (lastEnds[middle] > address) {
          high = middle;
        } else {
          low = middle + 1;
        }
      }
      return low;
    }
  }

  private final long syncId = SyncPoints.newId();
  private volatile Version version = new Version(new VmaChunk[0]);

  private Version version() {
    SyncPoints.reach(SyncPoint.LOAD, this, 0);
    SyncPoints.readState(this, 0);
    return version;
  }

  @Override
  public long syncId() {
    return syncId;
  }

  @Override
  public String describePlace(long index) {
    return "the tree of areas";
  }

  /** How many areas there are: the kernel's {@code map_count}. */
  public int size() {
    return version().size;
  }

  /** The first area that ends beyond {@code address}: the one there or the next above. */
  public @Nullable Vma find(long address) {
    Version now = version();
    int at = now.chunkOf(address);
    if (at == now.chunks.length) {
      return null;
    }
    VmaChunk chunk = now.chunks[at];
    return chunk.area(chunk.indexOf(address));
  }

  /** The area that contains {@code address}. */
  public @Nullable Vma at(long address) {
    Version now = version();
    int at = now.chunkOf(address);
    if (at == now.chunks.length) {
      return null;
    }
    VmaChunk chunk = now.chunks[at];
    int index = chunk.indexOf(address);
    return chunk.start(index) <= address ? chunk.area(index) : null;
  }

  /** The first area that overlaps {@code [startAddress, endAddress)}. */
  public @Nullable Vma findIntersection(long startAddress, long endAddress) {
    Vma found = find(startAddress);
    return found != null && found.start() < endAddress ? found : null;
  }

  /** The last area that ends at or below {@code address}, or contains the byte below it. */
  public @Nullable Vma before(long address) {
    Version now = version();
    int at = now.chunkOf(address - 1);
    if (at < now.chunks.length) {
      VmaChunk chunk = now.chunks[at];
      int index = chunk.indexOf(address - 1);
      if (chunk.start(index) < address) {
        return chunk.area(index);
      }
      if (index > 0) {
        return chunk.area(index - 1);
      }
    }
    return at == 0 ? null : last(now.chunks[at - 1]);
  }

  public @Nullable Vma first() {
    return find(0);
  }

  public @Nullable Vma last() {
    Version now = version();
    return now.chunks.length == 0 ? null : last(now.chunks[now.chunks.length - 1]);
  }

  private static Vma last(VmaChunk chunk) {
    return chunk.area(chunk.size() - 1);
  }

  /** The area above {@code vma}; mmap_lock held. */
  public @Nullable Vma next(Vma vma) {
    return find(vma.end());
  }

  /** The area below {@code vma}; mmap_lock held. */
  public @Nullable Vma previous(Vma vma) {
    return before(vma.start());
  }

  /** All areas of the present version, ascending. */
  public Vma[] toArray() {
    Version now = version();
    Vma[] all = new Vma[now.size];
    int filled = 0;
    for (VmaChunk chunk : now.chunks) {
      chunk.copyAreas(all, filled);
      filled += chunk.size();
    }
    return all;
  }

  // Gaps.

  /**
   * The end of the highest gap of at least {@code lengthBytes} within {@code [lowAddress,
   * highAddress)}, cut to that range; {@link #NO_GAP} without one.
   */
  public long highestGapEnd(long lowAddress, long highAddress, long lengthBytes) {
    Version now = version();
    long gapEnd = Long.MAX_VALUE;
    for (int at = now.chunks.length - 1; at >= 0 && gapEnd > lowAddress; at--) {
      VmaChunk chunk = now.chunks[at];
      if (fits(chunk.lastEnd(), gapEnd, lowAddress, highAddress, lengthBytes)) {
        return Math.min(gapEnd, highAddress);
      }
      if (chunk.largestGap() >= lengthBytes && chunk.firstStart() < highAddress) {
        long found = highestGapEnd(chunk, lowAddress, highAddress, lengthBytes);
        if (found != NO_GAP) {
          return found;
        }
      }
      gapEnd = chunk.firstStart();
    }
    boolean fits = fits(0, gapEnd, lowAddress, highAddress, lengthBytes);
    return fits ? Math.min(gapEnd, highAddress) : NO_GAP;
  }

  private static long highestGapEnd(VmaChunk chunk, long low, long high, long lengthBytes) {
    for (int i = chunk.size() - 1; i > 0; i--) {
      if (fits(chunk.end(i - 1), chunk.start(i), low, high, lengthBytes)) {
        return Math.min(chunk.start(i), high);
      }
    }
    return NO_GAP;
  }

  /**
   * The start of the lowest gap of at least {@code lengthBytes} within {@code [lowAddress,
   * highAddress)}, cut to that range; {@link #NO_GAP} without one.
   */
  public long lowestGapStart(long lowAddress, long highAddress, long lengthBytes) {
    Version now = version();
    long gapStart = 0;
    for (int at = 0; at < now.chunks.length && gapStart < highAddress; at++) {
      VmaChunk chunk = now.chunks[at];
      if (fits(gapStart, chunk.firstStart(), lowAddress, highAddress, lengthBytes)) {
        return Math.max(gapStart, lowAddress);
      }
      if (chunk.largestGap() >= lengthBytes && chunk.lastEnd() > lowAddress) {
        long found = lowestGapStart(chunk, lowAddress, highAddress, lengthBytes);
        if (found != NO_GAP) {
          return found;
        }
      }
      gapStart = chunk.lastEnd();
    }
    boolean fits = fits(gapStart, Long.MAX_VALUE, lowAddress, highAddress, lengthBytes);
    return fits ? Math.max(gapStart, lowAddress) : NO_GAP;
  }

  private static long lowestGapStart(VmaChunk chunk, long low, long high, long lengthBytes) {
    for (int i = 1; i < chunk.size(); i++) {
      if (fits(chunk.end(i - 1), chunk.start(i), low, high, lengthBytes)) {
        return Math.max(chunk.end(i - 1), low);
      }
    }
    return NO_GAP;
  }

  private static boolean fits(long gapStart, long gapEnd, long low, long high, long lengthBytes) {
    return Math.min(gapEnd, high) - Math.max(gapStart, low) >= lengthBytes;
  }

  // Changes: mmap_lock held for writing.

  /**
   * Puts {@code vma} at {@code [startAddress, endAddress)}; what was there is cut back or dropped.
   */
  void store(long startAddress, long endAddress, Vma vma) {
    replace(startAddress, endAddress, vma);
  }

  /** Puts {@code vma} at its own range, over whatever was there. */
  void store(Vma vma) {
    replace(vma.start(), vma.end(), vma);
  }

  /** Leaves nothing at {@code [startAddress, endAddress)}. */
  void clear(long startAddress, long endAddress) {
    replace(startAddress, endAddress, null);
  }

  private void replace(long start, long end, @Nullable Vma vma) {
    Version old = version;
    int from = Math.min(old.chunkOf(start), Math.max(old.chunks.length - 1, 0));
    int to = from;
    while (to < old.chunks.length && old.chunks[to].firstStart() < end) {
      to++;
    }
    if (to == from && to < old.chunks.length) {
      to++;
    }
    // A run that would stay small takes its neighbour in, so that chunks keep a fair size.
    Run run = new Run(old, from, to, start, end, vma);
    if (run.count < SMALL && to < old.chunks.length) {
      run = new Run(old, from, to + 1, start, end, vma);
      to++;
    } else if (run.count < SMALL && from > 0) {
      run = new Run(old, from - 1, to, start, end, vma);
      from--;
    }
    Version changed = splice(old, from, to, run);
    SyncPoints.reach(SyncPoint.STORE, this, 0);
    SyncPoints.changedState(this, 0);
    version = changed;
  }

  private static Version splice(Version old, int from, int to, Run run) {
    int pieces = (run.count + VmaChunk.MAX - 1) / VmaChunk.MAX;
    int length = old.chunks.length - (to - from) + pieces;
    VmaChunk[] chunks = new VmaChunk[length];
    System.arraycopy(old.chunks, 0, chunks, 0, from);
    for (int piece = 0; piece < pieces; piece++) {
      chunks[from + piece] =
          run.chunk(run.count * piece / pieces, run.count * (piece + 1) / pieces);
    }
    System.arraycopy(old.chunks, to, chunks, from + pieces, old.chunks.length - to);
    return new Version(chunks);
  }

  /** The entries of some consecutive chunks after a range was overwritten. */
  private static final class Run {
    private final long[] starts;
    private final long[] ends;
    private final Vma[] areas;
    private int count;

    Run(Version old, int from, int to, long start, long end, @Nullable Vma vma) {
      int capacity = 2;
      for (int at = from; at < to; at++) {
        capacity += old.chunks[at].size();
      }
      starts = new long[capacity];
      ends = new long[capacity];
      areas = new Vma[capacity];
      boolean pending = vma != null;
      for (int at = from; at < to; at++) {
        VmaChunk chunk = old.chunks[at];
        for (int i = 0; i < chunk.size(); i++) {
          addPart(chunk.start(i), Math.min(chunk.end(i), start), chunk.area(i));
          if (pending && vma != null && chunk.end(i) > start) {
            addPart(start, end, vma);
            pending = false;
          }
          addPart(Math.max(chunk.start(i), end), chunk.end(i), chunk.area(i));
        }
      }
      if (pending && vma != null) {
        addPart(start, end, vma);
      }
    }

    private void addPart(long start, long end, Vma area) {
      if (start < end) {
        starts[count] = start;
        ends[count] = end;
        areas[count++] = area;
      }
    }

    VmaChunk chunk(int from, int to) {
      return new VmaChunk(
          Arrays.copyOfRange(starts, from, to),
          Arrays.copyOfRange(ends, from, to),
          Arrays.copyOfRange(areas, from, to));
    }
  }
}
