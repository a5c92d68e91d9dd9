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
import java.util.HashMap;
import java.util.LinkedHashSet;
import java.util.Map;
import java.util.Set;
import org.jspecify.annotations.Nullable;

/**
 * A file, or a piece of shared memory, that processes map.
 *
 * <p>Its pages are single frames, made when first wanted and held by this file; they never go away
 * while the file is there. Pages of a file have a content of their own; shared memory begins as
 * zeroes.
 *
 * <pre>
 *  field         | guarded by
 *  --------------+------------------------------
 *  frames, store | this object's monitor
 *  mappings      | mappingsLock (I_MMAP), for write
 * </pre>
 */
public final class MappedFile {
  private final String name;
  private final boolean shmem;
  private final boolean readable;
  private final boolean writable;
  private final RwSemaphore mappingsLock = new RwSemaphore(LockRank.I_MMAP);
  private final Set<Vma> mappings = new LinkedHashSet<>();
  private final Map<Long, Integer> frames = new HashMap<>();
  private @Nullable Store store;

  private MappedFile(String name, boolean shmem, boolean readable, boolean writable) {
    this.name = name;
    this.shmem = shmem;
    this.readable = readable;
    this.writable = writable;
  }

  /** A file opened for reading and, if said so, writing. */
  public static MappedFile file(String name, boolean writable) {
    return new MappedFile(name, false, true, writable);
  }

  /** What MAP_SHARED|MAP_ANONYMOUS maps: nameless shared memory of {@code sizeBytes}. */
  public static MappedFile sharedAnonymous(long sizeBytes) {
    return new MappedFile("/dev/zero (deleted, " + sizeBytes + " bytes)", true, true, true);
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

  public void lockMappings() {
    mappingsLock.writeLock();
  }

  /** As {@link #lockMappings}, while other files' are locked. */
  public void lockMappingsNested() {
    mappingsLock.writeLockNested();
  }

  public void unlockMappings() {
    mappingsLock.writeUnlock();
  }

  /** Remembers that {@code vma} maps this file; under {@link #lockMappings}. */
  public void insertMapping(Vma vma) {
    mappings.add(vma);
  }

  /**
   * Forgets {@code vma}; under {@link #lockMappings}. Shared memory without a name goes with its
   * last mapping.
   */
  public void removeMapping(Vma vma) {
    mappings.remove(vma);
    if (shmem && mappings.isEmpty()) {
      dropAll();
    }
  }

  private synchronized void dropAll() {
    Store from = store;
    if (from == null) {
      return;
    }
    for (int pfn : frames.values()) {
      from.stats().add(NodeStat.NR_SHMEM, -1);
      from.stats().add(NodeStat.NR_FILE_PAGES, -1);
      from.folios().put(pfn);
    }
    frames.clear();
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
