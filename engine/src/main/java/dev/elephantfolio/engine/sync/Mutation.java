package dev.elephantfolio.engine.sync;

/**
 * A protection that a machine can be built without, so that a proof under concurrency can be shown
 * to notice: a race that passes with its protection taken away proves nothing. The last ones are
 * plain mistakes, by which a comparison with the kernel can be shown to notice.
 */
public enum Mutation {
  /** gup_fast keeps the page it got without looking again whether the entry still maps it. */
  NO_RECHECK_AFTER_GUP_FAST,
  /** gup_fast keeps its pins though a fork looked for pins meanwhile, and saw none. */
  NO_FORK_CHECK_IN_GUP_FAST,
  /** A split takes it for granted that nobody else has, or gets, a reference. */
  NO_FREEZE_ON_SPLIT,
  /** fork shares exclusive anonymous pages without looking for pins. */
  NO_EXCLUSIVE_CHECK_AT_FORK,
  /**
   * Whether a write copies a page goes by its references, a pin among them, and not by its
   * exclusive mark; as before 5.19.
   */
  NO_EXCLUSIVE_MARK,
  /**
   * Direct I/O holds its pages by plain references, which fork does not look for; as before 6.5.
   */
  NO_PIN_FOR_DIRECT_IO,
  /** A collapse copies pages while translations from before may still be in use. */
  NO_FLUSH_BEFORE_COLLAPSE,
  /** fork shares pages while stores through writable translations may still be under way. */
  NO_FLUSH_AT_FORK,
  /** Unmapping frees pages while translations from before may still be in use. */
  NO_FLUSH_BEFORE_FREE,
  /** Users of a secondary MMU are not told when a range is invalidated. */
  NO_NOTIFIER_CALL,
  /** A secondary MMU maps what it looked up, whether or not an invalidation came between. */
  NO_NOTIFIER_RETRY,
  /** A fault maps what it prepared without looking again, under the lock, what stands there. */
  NO_RECHECK_AFTER_FAULT_LOCK,
  /** A table is used once it is locked, though it may have been taken out of the tree before. */
  NO_RECHECK_AFTER_TABLE_LOCK,
  /** mremap moves entries without keeping walks of the reverse map out. */
  NO_RMAP_LOCK_IN_MREMAP,
  /** The deferred-split queue is emptied without asking whether a folio is being freed. */
  NO_TRY_GET_FROM_DEFERRED_QUEUE,
  /** A PMD split marks its small pages exclusive, even those of a huge page that is shared. */
  EXCLUSIVE_AFTER_PMD_SPLIT,
  /** Of several pages that fork copies at once, the last one's mapping is not counted. */
  MAPCOUNT_MISSED_AT_FORK,
  /** Each limit of khugepaged's scan is lower by one. */
  KHUGEPAGED_LIMIT_OFF_BY_ONE;

  /** Its bit in a set of mutations. */
  int bit() {
    return 1 << ordinal();
  }
}
