package dev.elephantfolio.engine.mm;

import java.util.Arrays;

/**
 * What a memory area is and allows: the bits of the kernel's {@code vm_flags}, x86-64, 6.18.
 *
 * <pre>
 *  bits                      | meaning
 *  --------------------------+-------------------------------------------------------------
 *  READ WRITE EXEC SHARED    | what is allowed now
 *  MAYREAD .. MAYSHARE       | what mprotect may still allow (four bits above the right)
 *  GROWSDOWN                 | a stack: a fault below the start extends it
 *  LOCKED LOCKONFAULT        | mlock
 *  SEQ_READ RAND_READ        | madvise
 *  DONTCOPY WIPEONFORK       | what fork does
 *  ACCOUNT NORESERVE         | charged to the commit total; never to be charged
 *  HUGEPAGE NOHUGEPAGE       | madvise
 *  SOFTDIRTY                 | the whole area counts as soft-dirty
 *  MAYBE_GUARD               | guard markers may stand in its page tables
 *  SEALED                    | mseal
 * </pre>
 */
public final class VmFlags {
  public static final long NONE = 0;
  public static final long READ = 1L;
  public static final long WRITE = 1L << 1;
  public static final long EXEC = 1L << 2;
  public static final long SHARED = 1L << 3;
  public static final long MAYREAD = 1L << 4;
  public static final long MAYWRITE = 1L << 5;
  public static final long MAYEXEC = 1L << 6;
  public static final long MAYSHARE = 1L << 7;
  public static final long GROWSDOWN = 1L << 8;
  public static final long UFFD_MISSING = 1L << 9;
  public static final long PFNMAP = 1L << 10;
  public static final long MAYBE_GUARD = 1L << 11;
  public static final long UFFD_WP = 1L << 12;
  public static final long LOCKED = 1L << 13;
  public static final long IO = 1L << 14;
  public static final long SEQ_READ = 1L << 15;
  public static final long RAND_READ = 1L << 16;
  public static final long DONTCOPY = 1L << 17;
  public static final long DONTEXPAND = 1L << 18;
  public static final long LOCKONFAULT = 1L << 19;
  public static final long ACCOUNT = 1L << 20;
  public static final long NORESERVE = 1L << 21;
  public static final long HUGETLB = 1L << 22;
  public static final long SYNC = 1L << 23;
  public static final long ARCH_1 = 1L << 24;
  public static final long WIPEONFORK = 1L << 25;
  public static final long DONTDUMP = 1L << 26;
  public static final long SOFTDIRTY = 1L << 27;
  public static final long MIXEDMAP = 1L << 28;
  public static final long HUGEPAGE = 1L << 29;
  public static final long NOHUGEPAGE = 1L << 30;
  public static final long MERGEABLE = 1L << 31;
  public static final long UFFD_MINOR = 1L << 41;
  public static final long DROPPABLE = 1L << 40;
  public static final long SEALED = 1L << 42;

  /** What an access may need. */
  public static final long ACCESS = READ | WRITE | EXEC;

  /** Areas that neither merge nor can be locked in memory. */
  public static final long SPECIAL = IO | DONTEXPAND | PFNMAP | MIXEDMAP;

  public static final long LOCKED_MASK = LOCKED | LOCKONFAULT;

  /**
   * What an area keeps for good: differences in these do not keep two areas from merging, and the
   * merged area has what either had.
   */
  public static final long STICKY = SOFTDIRTY | MAYBE_GUARD;

  /** The heap's and any plain data's. */
  public static final long DATA_DEFAULT = READ | WRITE | MAYREAD | MAYWRITE | MAYEXEC;

  public static final long STACK = GROWSDOWN;

  /** Carried by the stack while exec builds it, before it stands at its final place. */
  public static final long STACK_INCOMPLETE_SETUP = RAND_READ | SEQ_READ;

  /** smaps' letters, by bit. */
  private static final String[] MNEMONICS = mnemonics();

  private VmFlags() {}

  public static boolean has(long flags, long bits) {
    return (flags & bits) != 0;
  }

  public static boolean hasAll(long flags, long bits) {
    return (flags & bits) == bits;
  }

  /** The access bits that {@code prot} (PROT_READ …) gives. */
  public static long ofProt(int prot) {
    return ((prot & Prot.READ) != 0 ? READ : 0)
        | ((prot & Prot.WRITE) != 0 ? WRITE : 0)
        | ((prot & Prot.EXEC) != 0 ? EXEC : 0);
  }

  /**
   * The bits that {@code mapFlags} (MAP_GROWSDOWN …) gives. MAP_STACK asks for no huge pages: true
   * of 6.7 and later.
   */
  public static long ofMap(int mapFlags) {
    return ((mapFlags & MapFlags.GROWSDOWN) != 0 ? GROWSDOWN : 0)
        | ((mapFlags & MapFlags.LOCKED) != 0 ? LOCKED : 0)
        | ((mapFlags & MapFlags.SYNC) != 0 ? SYNC : 0)
        | ((mapFlags & MapFlags.STACK) != 0 ? NOHUGEPAGE : 0);
  }

  public static boolean isAccessible(long flags) {
    return has(flags, ACCESS);
  }

  /** Counted as {@code VmExe}/{@code VmLib}: code. */
  public static boolean isExecMapping(long flags) {
    return (flags & (EXEC | WRITE | STACK)) == EXEC;
  }

  /** Counted as {@code VmStk}. */
  public static boolean isStackMapping(long flags) {
    return has(flags, STACK);
  }

  /** Counted as {@code VmData} and limited by RLIMIT_DATA: private writable, no stack. */
  public static boolean isDataMapping(long flags) {
    return (flags & (WRITE | SHARED | STACK)) == WRITE;
  }

  /** Private and writable now. */
  public static boolean isPrivateWritable(long flags) {
    return (flags & (WRITE | SHARED)) == WRITE;
  }

  /** A private mapping whose pages fork must copy or share copy-on-write. */
  public static boolean isCopyOnWrite(long flags) {
    return (flags & (SHARED | MAYWRITE)) == MAYWRITE;
  }

  /**
   * The line that smaps prints after {@code VmFlags:}: two letters a flag, in bit order, each
   * followed by a blank.
   */
  public static String letters(long flags) {
    StringBuilder line = new StringBuilder();
    for (int bit = 0; bit < Long.SIZE; bit++) {
      if ((flags >>> bit & 1) != 0 && !MNEMONICS[bit].isEmpty()) {
        line.append(MNEMONICS[bit]).append(' ');
      }
    }
    return line.toString();
  }

  private static String[] mnemonics() {
    String[] letters = new String[Long.SIZE];
    Arrays.fill(letters, "");
    String ordered =
        "rd wr ex sh mr mw me ms gd um pf gu uw lo io sr rr dc de lf ac nr ht sf ar wf dd sd mm hg"
            + " nh mg";
    String[] low = ordered.split(" ");
    for (int bit = 0; bit < low.length; bit++) {
      letters[bit] = low[bit];
    }
    letters[Long.numberOfTrailingZeros(UFFD_MINOR)] = "ui";
    letters[Long.numberOfTrailingZeros(DROPPABLE)] = "dp";
    letters[Long.numberOfTrailingZeros(SEALED)] = "sl";
    return letters;
  }
}
