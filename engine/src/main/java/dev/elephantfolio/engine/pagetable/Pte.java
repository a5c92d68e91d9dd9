package dev.elephantfolio.engine.pagetable;

/**
 * A page-table entry: what the 64 bits of one slot mean, at the PTE and at the PMD level.
 *
 * <pre>
 *  entry            | bits
 *  -----------------+-------------------------------------------------------------------
 *  none             | 0
 *  table (PMD up)   | TABLE; the lower table hangs in the parent's children
 *  present          | PRESENT, pfn &lt;&lt; 12, WRITABLE YOUNG DIRTY LEAF SPECIAL SOFT_DIRTY
 *                   | PROT_NONE: mapped, but no access is allowed (mprotect PROT_NONE)
 *  swap             | KIND_SWAP, EXCLUSIVE, type &lt;&lt; 4.., offset &lt;&lt; 12
 *  migration        | KIND_MIGRATION, pfn &lt;&lt; 12, WRITABLE or EXCLUSIVE or neither, YOUNG DIRTY
 *  guard            | KIND_GUARD: an access is SIGSEGV (MADV_GUARD_INSTALL)
 * </pre>
 *
 * Bits stand where x86-64 has them as far as it has them. Only {@link PageTableCursor} stores
 * entries; the "hardware" of {@code tlb} may set YOUNG and DIRTY.
 */
public final class Pte {
  public static final long NONE = 0;
  public static final long PRESENT = 1L;
  public static final long WRITABLE = 1L << 1;
  public static final long TABLE = 1L << 2;
  public static final long YOUNG = 1L << 5;
  public static final long DIRTY = 1L << 6;

  /** A leaf of the PMD level. */
  public static final long LEAF = 1L << 7;

  public static final long PROT_NONE = 1L << 8;

  /** No folio is counted behind the entry: the zero page and the huge zero page. */
  public static final long SPECIAL = 1L << 9;

  public static final long SOFT_DIRTY = 1L << 10;

  private static final int PFN_SHIFT = 12;
  private static final long PFN_MASK = 0xFFFF_FFFFL << PFN_SHIFT;

  /** Kinds of a non-present entry, in bits 60–63. */
  private static final long KIND_MASK = 0xFL << 60;

  private static final long KIND_SWAP = 1L << 60;
  private static final long KIND_MIGRATION = 2L << 60;
  private static final long KIND_GUARD = 3L << 60;

  /** On swap and readable migration entries: the page was anon-exclusive. */
  public static final long EXCLUSIVE = 1L << 11;

  private static final int SWAP_TYPE_SHIFT = 50;
  private static final int SWAP_TYPE_MASK = 0x1F;
  private static final long SWAP_OFFSET_MASK = (1L << 38) - 1;

  private Pte() {}

  /** A present entry for {@code pfn} with further bits. */
  public static long present(int pfn, long bits) {
    return PRESENT | (Integer.toUnsignedLong(pfn) << PFN_SHIFT) | bits;
  }

  public static int pfn(long entry) {
    return (int) ((entry & PFN_MASK) >>> PFN_SHIFT);
  }

  /** The same entry for the frame {@code frames} further on. */
  public static long advance(long entry, int frames) {
    return entry + ((long) frames << PFN_SHIFT);
  }

  public static boolean isNone(long entry) {
    return entry == NONE;
  }

  public static boolean isPresent(long entry) {
    return (entry & PRESENT) != 0;
  }

  public static boolean isTable(long entry) {
    return (entry & TABLE) != 0;
  }

  public static boolean isLeaf(long entry) {
    return (entry & LEAF) != 0;
  }

  public static boolean isWritable(long entry) {
    return (entry & WRITABLE) != 0;
  }

  public static boolean isYoung(long entry) {
    return (entry & YOUNG) != 0;
  }

  public static boolean isDirty(long entry) {
    return (entry & DIRTY) != 0;
  }

  public static boolean isSpecial(long entry) {
    return (entry & SPECIAL) != 0;
  }

  public static boolean isExclusive(long entry) {
    return (entry & EXCLUSIVE) != 0;
  }

  /** Whether the processor may use the entry for an access without a fault. */
  public static boolean allows(long entry, boolean write) {
    long need = write ? PRESENT | WRITABLE : PRESENT;
    return (entry & (need | PROT_NONE)) == need;
  }

  public static boolean isSwap(long entry) {
    return (entry & KIND_MASK) == KIND_SWAP;
  }

  public static boolean isMigration(long entry) {
    return (entry & KIND_MASK) == KIND_MIGRATION;
  }

  public static boolean isGuard(long entry) {
    return (entry & KIND_MASK) == KIND_GUARD;
  }

  public static long guard() {
    return KIND_GUARD;
  }

  /** A swap entry; {@code type} the swap area, {@code offset} the slot in it. */
  public static long swap(int type, long offset, boolean exclusive) {
    return KIND_SWAP
        | ((long) (type & SWAP_TYPE_MASK) << SWAP_TYPE_SHIFT)
        | ((offset & SWAP_OFFSET_MASK) << PFN_SHIFT)
        | (exclusive ? EXCLUSIVE : 0);
  }

  public static int swapType(long entry) {
    return (int) (entry >>> SWAP_TYPE_SHIFT) & SWAP_TYPE_MASK;
  }

  public static long swapOffset(long entry) {
    return (entry >>> PFN_SHIFT) & SWAP_OFFSET_MASK;
  }

  /**
   * What stands in place of the present entry {@code old} while its folio is split or moved.
   * Writability, age, dirt and soft-dirt are kept; {@code exclusive} is the page's mark.
   */
  public static long migration(long old, boolean exclusive) {
    long kept = old & (PFN_MASK | WRITABLE | YOUNG | DIRTY | SOFT_DIRTY | LEAF | PROT_NONE);
    return KIND_MIGRATION | kept | (exclusive ? EXCLUSIVE : 0);
  }

  /** The present entry that a migration entry becomes again, for {@code pfn}. */
  public static long fromMigration(long entry, int pfn) {
    return present(pfn, entry & (WRITABLE | YOUNG | DIRTY | SOFT_DIRTY | LEAF | PROT_NONE));
  }

  /** An entry for people: "folio page 512, writable, dirty". */
  public static String describe(long entry) {
    if (isNone(entry)) {
      return "none";
    }
    if (isTable(entry)) {
      return "a table";
    }
    if (isGuard(entry)) {
      return "guard";
    }
    if (isSwap(entry)) {
      return "swap " + swapType(entry) + ":" + swapOffset(entry) + marks(entry);
    }
    String pfn = Integer.toUnsignedString(pfn(entry));
    return (isMigration(entry) ? "migration of page " : "page ") + pfn + marks(entry);
  }

  private static String marks(long entry) {
    return mark(entry, LEAF, " huge")
        + mark(entry, WRITABLE, " writable")
        + mark(entry, EXCLUSIVE, " exclusive")
        + mark(entry, YOUNG, " young")
        + mark(entry, DIRTY, " dirty")
        + mark(entry, SPECIAL, " special")
        + mark(entry, PROT_NONE, " no-access");
  }

  private static String mark(long entry, long bit, String name) {
    return (entry & bit) != 0 ? name : "";
  }
}
