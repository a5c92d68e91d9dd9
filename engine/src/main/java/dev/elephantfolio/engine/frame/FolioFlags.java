package dev.elephantfolio.engine.frame;

/**
 * The bits of a folio's flags word; kept on the folio's first frame. Those of the kernel's page
 * flags that mean something here, and some that the kernel keeps elsewhere.
 */
public final class FolioFlags {
  /**
   * The lowest bits: the order of the folio (on every frame of it) or free block (on its first).
   */
  static final int ORDER_MASK = 0x1f;

  /** First frame of a block in the buddy lists. Changes under the ZONE lock. */
  static final int BUDDY = 1 << 5;

  /** The folio lock. */
  public static final int LOCKED = 1 << 6;

  /** Holds a page table. */
  public static final int PAGE_TABLE = 1 << 7;

  public static final int REFERENCED = 1 << 8;
  public static final int UPTODATE = 1 << 9;
  public static final int DIRTY = 1 << 10;

  /** On an LRU list, or taken off it for a moment by whoever cleared this. */
  public static final int LRU = 1 << 11;

  public static final int ACTIVE = 1 << 12;
  public static final int UNEVICTABLE = 1 << 13;
  public static final int MLOCKED = 1 << 14;
  public static final int SWAPBACKED = 1 << 15;

  /** The mapping word names an anon_vma. */
  public static final int ANON = 1 << 16;

  /** Not for the allocator. */
  public static final int RESERVED = 1 << 17;

  /** Bit 18: a page flag, see {@link PageFlag}. */
  static final int PAGE_ANON_EXCLUSIVE = 1 << 18;

  /** A large folio, some of whose pages are known to be unmapped. */
  public static final int PARTIALLY_MAPPED = 1 << 19;

  /** On the deferred-split queue. Changes under the DEFERRED_SPLIT lock. */
  public static final int DEFERRED = 1 << 20;

  public static final int LARGE_RMAPPABLE = 1 << 21;
  public static final int KSM = 1 << 22;
  public static final int ISOLATED = 1 << 23;
  public static final int HUGETLB = 1 << 24;
  public static final int SWAPCACHE = 1 << 25;
  public static final int WORKINGSET = 1 << 26;
  public static final int RECLAIM = 1 << 27;

  /** A large folio that more than one address space may map. Changes under MAP_COUNTS_LOCKED. */
  public static final int MAYBE_MAPPED_SHARED = 1 << 28;

  /** The bit lock over a large folio's mapcount and mm ids; see {@link MemMap#lockMapCounts}. */
  public static final int MAP_COUNTS_LOCKED = 1 << 29;

  public static final int WRITEBACK = 1 << 30;

  /** What only large folios have, and a split takes away. */
  static final int LARGE_ONLY =
      PARTIALLY_MAPPED | DEFERRED | LARGE_RMAPPABLE | MAYBE_MAPPED_SHARED | MAP_COUNTS_LOCKED;

  /** What the new folios of a split take over from the old one. */
  static final int SPLIT_INHERITED =
      LOCKED
          | REFERENCED
          | UPTODATE
          | DIRTY
          | ACTIVE
          | UNEVICTABLE
          | MLOCKED
          | SWAPBACKED
          | ANON
          | SWAPCACHE
          | WORKINGSET;

  /** What a folio that is given back must not have any more. */
  static final int FORBIDDEN_AT_FREE =
      BUDDY | LOCKED | LRU | RESERVED | DEFERRED | ISOLATED | MAP_COUNTS_LOCKED | WRITEBACK;

  private FolioFlags() {}
}
