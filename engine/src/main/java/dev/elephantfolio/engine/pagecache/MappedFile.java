package dev.elephantfolio.engine.pagecache;

import dev.elephantfolio.engine.folio.Folios;
import dev.elephantfolio.engine.frame.Contents;
import dev.elephantfolio.engine.frame.FolioFlags;
import dev.elephantfolio.engine.frame.GfpFlags;
import dev.elephantfolio.engine.frame.MemMap;
import dev.elephantfolio.engine.mm.Vma;
import dev.elephantfolio.engine.stat.NodeStat;
import dev.elephantfolio.engine.stat.NodeStats;
import dev.elephantfolio.engine.sync.LockRank;
import dev.elephantfolio.engine.sync.RwSemaphore;
import java.util.LinkedHashSet;
import java.util.List;
import java.util.Map;
import java.util.Objects;
import java.util.Set;
import java.util.concurrent.ConcurrentHashMap;
import org.jspecify.annotations.Nullable;

/**
 * A file, or a piece of shared memory, that processes map.
 *
 * <p>Its pages are single frames, made when first wanted and held by this file; they never go away
 * while the file is there, unless a hole is punched. Pages of a file have a content of their own;
 * shared memory begins as zeroes and has an end.
 *
 * <pre>
 *  field         | guarded by
 *  --------------+------------------------------
 *  frames        | this object's monitor; read by anybody
 *  store         | this object's monitor
 *  mappings      | mappingsLock (I_MMAP), for write
 * </pre>
 */
public final class MappedFile {
  private static final int PAGE_SHIFT = 12;

  private final String name;
  private final boolean shmem;
  private final boolean readable;
  private final boolean writable;
  private final long sizePages;
  private final RwSemaphore mappingsLock = new RwSemaphore(LockRank.I_MMAP);
  private final Set<Vma> mappings = new LinkedHashSet<>();
  private final Map<Long, Integer> frames = new ConcurrentHashMap<>();
  private @Nullable Store store;

  private MappedFile(
      String name, boolean shmem, boolean readable, boolean writable, long sizePages) {
    this.name = name;
    this.shmem = shmem;
    this.readable = readable;
    this.writable = writable;
    this.sizePages = sizePages;
  }

  /** A file opened for reading and, if said so, writing. */
  public static MappedFile file(String name, boolean writable) {
    return new MappedFile(name, false, true, writable, Long.MAX_VALUE);
  }

  /** What MAP_SHARED|MAP_ANONYMOUS maps: nameless shared memory of {@code sizeBytes}. */
  public static MappedFile sharedAnonymous(long sizeBytes) {
    String name = "/dev/zero (deleted, " + sizeBytes + " bytes)";
    return new MappedFile(name, true, true, true, sizeBytes >>> PAGE_SHIFT);
  }

  public String name() {
    return name;
  }

  /** Whether its pages count as shared memory rather than as a file's. */
  public boolean isShmem() {
    return shmem;
  }

  public boolean readable() {
    return readable;
  }

  public boolean writable() {
    return writable;
  }

  /** Whether page {@code pageOffset} lies beyond the end: mapped perhaps, but nothing is there. */
  public boolean isBeyondEnd(long pageOffset) {
    return pageOffset >= sizePages;
  }

  public void lockMappings() {
    mappingsLock.writeLock();
  }

  /** As {@link #lockMappings}, while other files' are locked. */
  public void lockMappingsNested() {
    mappingsLock.writeLockNested();
  }

  /**
   * Shared memory goes with its last mapping; one that is taken out to be changed is back by now.
   */
  public void unlockMappings() {
    if (shmem && mappings.isEmpty()) {
      dropAll();
    }
    mappingsLock.writeUnlock();
  }

  /** Remembers that {@code vma} maps this file; under {@link #lockMappings}. */
  public void insertMapping(Vma vma) {
    mappings.add(vma);
  }

  /** Forgets {@code vma}; under {@link #lockMappings}. */
  public void removeMapping(Vma vma) {
    mappings.remove(vma);
  }

  /** The areas that map it; under {@link #lockMappings}. */
  public List<Vma> mappings() {
    return List.copyOf(mappings);
  }

  private synchronized void dropAll() {
    frames.values().forEach(this::drop);
    frames.clear();
  }

  private void drop(int pfn) {
    Store from = Objects.requireNonNull(store);
    from.stats().add(NodeStat.NR_SHMEM, -1);
    from.stats().add(NodeStat.NR_FILE_PAGES, -1);
    from.folios().put(pfn);
  }

  /**
   * Forgets the pages of shared memory from one offset up to another: they are zeroes from now on.
   * Who maps them still is to be unmapped then.
   */
  public synchronized void punchHole(long fromPage, long toPage) {
    for (long page = fromPage; page < toPage; page++) {
      Integer pfn = frames.remove(page);
      if (pfn != null) {
        drop(pfn);
      }
    }
  }

  /** The frames that are there, by page offset; for checks, on a machine at rest. */
  public synchronized Map<Long, Integer> frames() {
    return Map.copyOf(frames);
  }

  /** What a file takes to make a page. */
  public record Store(MemMap memMap, Folios folios, Contents contents, NodeStats stats) {}

  /**
   * The frame of page {@code pageOffset}, with a reference for the caller; made when it is not
   * there. 0 when there is no memory for it.
   */
  public synchronized int get(Store from, long pageOffset) {
    store = from;
    Integer known = frames.get(pageOffset);
    int pfn = known != null ? known : make(from, pageOffset);
    if (pfn != 0) {
      from.folios().get(pfn);
    }
    return pfn;
  }

  /**
   * Forgets frame {@code pfn} of page {@code pageOffset}, to which nobody but this file and the
   * caller refers; does nothing when somebody does.
   */
  public synchronized void dropUnused(long pageOffset, int pfn) {
    Store from = Objects.requireNonNull(store);
    if (holds(pageOffset, pfn) && from.memMap().refCount(pfn) == 2) {
      frames.remove(pageOffset);
      drop(pfn);
    }
  }

  /** The frames of {@code count} pages that are there, each with a reference; 0 for the others. */
  public synchronized int[] present(long pageOffset, int count) {
    int[] present = new int[count];
    for (int i = 0; i < count; i++) {
      Integer pfn = frames.get(pageOffset + i);
      if (pfn != null) {
        Objects.requireNonNull(store).folios().get(pfn);
        present[i] = pfn;
      }
    }
    return present;
  }

  /**
   * Whether frame {@code pfn} is still that of page {@code pageOffset}. Who is about to map it asks
   * under the table's lock: a hole that is punched after that finds the mapping.
   */
  public boolean holds(long pageOffset, int pfn) {
    Integer known = frames.get(pageOffset);
    return known != null && known == pfn;
  }

  private int make(Store from, long pageOffset) {
    int pfn = from.folios().allocate(0, GfpFlags.DIRECT_RECLAIM | GfpFlags.KSWAPD_RECLAIM);
    if (pfn == 0) {
      return 0;
    }
    from.contents().clear(pfn, 1);
    if (shmem) {
      from.memMap().setFlag(pfn, FolioFlags.SWAPBACKED);
      from.stats().add(NodeStat.NR_SHMEM, 1);
    } else {
      from.contents().writeLong(pfn, 0, contentOf(pageOffset));
    }
    from.memMap().setFlag(pfn, FolioFlags.UPTODATE);
    from.stats().add(NodeStat.NR_FILE_PAGES, 1);
    from.folios().lru().add(pfn);
    frames.put(pageOffset, pfn);
    return pfn;
  }

  /** Some word that tells this page of this file from others; never 0. */
  private long contentOf(long pageOffset) {
    return (name.hashCode() * 0x9E37_79B9_7F4A_7C15L ^ pageOffset) | 1;
  }
}
