package dev.elephantfolio.engine.sync;

/**
 * The order in which locks nest, and the check that it is kept.
 *
 * <pre>
 * PIPE                                a pipe's pages
 *   MMAP_LOCK                         an address space's VMAs
 *     ALL_LOCKS                       the turn to take all locks of an address space
 *       VMA_LOCK                      one VMA (read side taken alone, by faults)
 *         FOLIO_LOCK                  a bit in the folio's flags
 *           I_MMAP                    a file's VMAs
 *             ANON_VMA                an anon_vma family
 *               KHUGEPAGED_MM         khugepaged's list of address spaces
 *                 SECONDARY_MMU       tables of a secondary MMU
 *                   PMD               a table above the leaves
 *                     PTE             a table of leaves
 *                       SECONDARY_TLB   what a device remembers of page tables
 *                         DEFERRED_SPLIT  the queue of partially mapped folios
 *                           LRU_BATCH   one processor's folios on their way to the lists
 *                             LRU       the LRU lists
 *                               PCP     one processor's list of free pages
 *                                 ZONE  a zone's buddy lists
 *                                   NOTIFIER_LIST  who subscribed to an address space
 *                                     COUNTERS
 * </pre>
 *
 * A thread may wait for a lock only when every lock it holds ranks before it; of equal rank only
 * when it says so ({@code lockNested}), by an order of its own. A lock taken by trying cannot
 * deadlock, so it may rank anywhere, but what is waited for while holding it is checked against it.
 *
 * <p>With the system property {@code efolio.lockOrder} set to true each thread keeps a list of what
 * it holds and a violation throws {@link LockOrderError}; a lock must then be released by the
 * thread that took it. In a scheduled run the list is kept as well, to say who holds what in a
 * deadlock, but violations do not throw. Otherwise all of this is compiled away.
 *
 * <p>Locks that are no objects (the lock bit of a folio) report themselves: the table they lie in
 * and their number in it.
 */
public final class LockOrder {
  /** Whether violations throw. */
  public static final boolean CHECKED = Boolean.getBoolean("efolio.lockOrder");

  private static final ThreadLocal<HeldLocks> HELD = ThreadLocal.withInitial(HeldLocks::new);

  private LockOrder() {}

  /** Whether holders are being tracked now. */
  public static boolean tracked() {
    return CHECKED || SyncPoints.active();
  }

  /**
   * Says that this thread is going to wait for a lock.
   *
   * @param nested whether locks of the same rank may be held
   * @throws LockOrderError when a held lock ranks after it, or it is held already
   */
  public static void beforeLock(LockRank rank, Object lock, long id, boolean nested) {
    if (CHECKED) {
      held().checkOrder(rank, lock, id, nested);
    }
  }

  /** Says that this thread has taken a lock. */
  public static void locked(LockRank rank, Object lock, long id, boolean exclusive) {
    if (tracked()) {
      held().push(rank, lock, id, exclusive);
    }
  }

  /**
   * Says that this thread is going to release a lock.
   *
   * @throws LockOrderError when it does not hold it
   */
  public static void unlocking(Object lock, long id) {
    if (tracked() && !held().remove(lock, id) && CHECKED) {
      throw new LockOrderError("releases what it does not hold: " + HeldLocks.name(lock, id));
    }
  }

  /** Says that a lock held for write is now held for read. */
  static void downgraded(Object lock) {
    if (tracked()) {
      held().downgrade(lock);
    }
  }

  /**
   * @throws LockOrderError when this thread does not hold {@code lock}
   */
  public static void assertHeld(Object lock, long id) {
    if (CHECKED && !held().holds(lock, id, false)) {
      throw new LockOrderError("must be held: " + HeldLocks.name(lock, id));
    }
  }

  static void assertHeldExclusively(Object lock) {
    if (CHECKED && !held().holds(lock, 0, true)) {
      throw new LockOrderError("must be held for write: " + HeldLocks.name(lock, 0));
    }
  }

  /**
   * @throws LockOrderError when this thread holds any lock; for places that may wait for long
   */
  public static void assertNoneHeld() {
    if (CHECKED && held().count() != 0) {
      throw new LockOrderError("must hold nothing here, holds " + held());
    }
  }

  static HeldLocks held() {
    return HELD.get();
  }
}
