package dev.elephantfolio.engine.stat;

import dev.elephantfolio.engine.folio.MapCounts;
import dev.elephantfolio.engine.frame.FolioFlags;
import dev.elephantfolio.engine.frame.MemMap;
import dev.elephantfolio.engine.thp.HugeZeroFolio;

/**
 * Frame by frame what {@code /proc/kpagecount} and {@code /proc/kpageflags} say. Any thread may
 * read; a frame in motion may show half of a change, as in Linux.
 */
public final class KernelPages {
  // The bits of kpageflags, by the numbers that Linux documents.
  public static final long LOCKED = 1L;
  public static final long REFERENCED = 1L << 2;
  public static final long UPTODATE = 1L << 3;
  public static final long DIRTY = 1L << 4;
  public static final long LRU = 1L << 5;
  public static final long ACTIVE = 1L << 6;
  public static final long WRITEBACK = 1L << 8;
  public static final long RECLAIM = 1L << 9;
  public static final long BUDDY = 1L << 10;
  public static final long MMAP = 1L << 11;
  public static final long ANON = 1L << 12;
  public static final long SWAPCACHE = 1L << 13;
  public static final long SWAPBACKED = 1L << 14;
  public static final long COMPOUND_HEAD = 1L << 15;
  public static final long COMPOUND_TAIL = 1L << 16;
  public static final long HUGE = 1L << 17;
  public static final long UNEVICTABLE = 1L << 18;
  public static final long NOPAGE = 1L << 20;
  public static final long KSM = 1L << 21;
  public static final long THP = 1L << 22;
  public static final long ZERO_PAGE = 1L << 24;
  public static final long PGTABLE = 1L << 26;
  public static final long MLOCKED = 1L << 33;

  /** Our flag and Linux's bit for it, in pairs. */
  private static final long[] SAME = {
    FolioFlags.LOCKED, LOCKED,
    FolioFlags.REFERENCED, REFERENCED,
    FolioFlags.UPTODATE, UPTODATE,
    FolioFlags.DIRTY, DIRTY,
    FolioFlags.LRU, LRU,
    FolioFlags.ACTIVE, ACTIVE,
    FolioFlags.WRITEBACK, WRITEBACK,
    FolioFlags.RECLAIM, RECLAIM,
    FolioFlags.ANON, ANON,
    FolioFlags.SWAPCACHE, SWAPCACHE,
    FolioFlags.SWAPBACKED, SWAPBACKED,
    FolioFlags.UNEVICTABLE, UNEVICTABLE,
    FolioFlags.KSM, KSM,
    FolioFlags.HUGETLB, HUGE,
    FolioFlags.MLOCKED, MLOCKED,
    FolioFlags.PAGE_TABLE, PGTABLE
  };

  private final MemMap memMap;
  private final MapCounts mapCounts;
  private final HugeZeroFolio hugeZero;
  private final int zeroPfn;

  public KernelPages(MemMap memMap, MapCounts mapCounts, HugeZeroFolio hugeZero, int zeroPfn) {
    this.memMap = memMap;
    this.mapCounts = mapCounts;
    this.hugeZero = hugeZero;
    this.zeroPfn = zeroPfn;
  }

  /** How often the page in frame {@code pfn} is mapped; 0 for a frame that is not there. */
  public int count(int pfn) {
    return isThere(pfn) && !isFree(pfn) ? mapCounts.pageMapCount(pfn) : 0;
  }

  /** The bits of the frame's folio; {@link #NOPAGE} for a frame that is not there. */
  public long flags(int pfn) {
    if (!isThere(pfn)) {
      return NOPAGE;
    }
    if (isFree(pfn)) {
      return memMap.isBuddyHead(pfn) ? BUDDY : 0;
    }
    int head = memMap.head(pfn);
    return ofFolio(head) | ofPlace(pfn, head);
  }

  private boolean isThere(int pfn) {
    return Integer.toUnsignedLong(pfn) < memMap.frames();
  }

  private boolean isFree(int pfn) {
    return memMap.refCount(memMap.head(pfn)) == 0;
  }

  private long ofFolio(int head) {
    int kept = memMap.flags(head);
    long bits = mapCounts.isMapped(head) ? MMAP : 0;
    for (int i = 0; i < SAME.length; i += 2) {
      if ((kept & SAME[i]) != 0) {
        bits |= SAME[i + 1];
      }
    }
    return bits;
  }

  private long ofPlace(int pfn, int head) {
    if (pfn == zeroPfn) {
      return ZERO_PAGE;
    }
    if (!memMap.isLarge(head)) {
      return 0;
    }
    long kind = head == hugeZero.pfn() ? THP | ZERO_PAGE : THP;
    return kind | (pfn == head ? COMPOUND_HEAD : COMPOUND_TAIL);
  }
}
