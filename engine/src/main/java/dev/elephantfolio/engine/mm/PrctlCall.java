package dev.elephantfolio.engine.mm;

import dev.elephantfolio.engine.Errno;
import dev.elephantfolio.engine.MemoryException;
import org.jspecify.annotations.Nullable;

/**
 * The options of prctl(2) that concern memory, as 6.18 takes them. Any thread may call them at any
 * time.
 */
public final class PrctlCall {
  public static final int SET_THP_DISABLE = 41;
  public static final int GET_THP_DISABLE = 42;
  public static final int SET_MEMORY_MERGE = 67;
  public static final int GET_MEMORY_MERGE = 68;
  public static final int SET_VMA = 0x5356_4d41;

  /** For SET_THP_DISABLE: huge pages stay where madvise asks for them. */
  public static final int THP_DISABLE_EXCEPT_ADVISED = 1 << 1;

  private static final int THP_DISABLED =
      MmFlags.DISABLE_THP_COMPLETELY | MmFlags.DISABLE_THP_EXCEPT_ADVISED;

  private final AreaNames names;
  private final VmaModify modify;

  public PrctlCall(MmContext context) {
    this.names = new AreaNames(context);
    this.modify = new VmaModify(context);
  }

  /**
   * What the option asks for. SET_VMA is refused here, as by a kernel that keeps no names of
   * anonymous areas (CONFIG_ANON_VMA_NAME); see {@link #setAnonVmaName}.
   *
   * @return what prctl returns
   * @throws MemoryException EINVAL for an unknown option and arguments it does not take
   */
  public int prctl(AddressSpace mm, int option, long arg2, long arg3, long arg4, long arg5) {
    return switch (option) {
      case SET_THP_DISABLE -> {
        requireZero(arg4 | arg5);
        yield disableThp(mm, arg2 != 0, arg3);
      }
      case GET_THP_DISABLE -> {
        requireZero(arg2 | arg3 | arg4 | arg5);
        yield thpDisabled(mm);
      }
      case SET_MEMORY_MERGE -> {
        requireZero(arg3 | arg4 | arg5);
        yield mergeMemory(mm, arg2 != 0);
      }
      case GET_MEMORY_MERGE -> {
        requireZero(arg2 | arg3 | arg4 | arg5);
        yield mm.hasFlag(MmFlags.MERGE_ANY) ? 1 : 0;
      }
      default -> throw new MemoryException(Errno.EINVAL);
    };
  }

  /**
   * PR_SET_VMA_ANON_NAME, as a kernel with CONFIG_ANON_VMA_NAME has it: names the anonymous memory
   * of a range. Areas with different names do not merge.
   *
   * @param name up to 79 printable ASCII characters, none of {@code \ ` $ [ ]}; null takes the name
   *     away
   * @throws MemoryException EINVAL for a bad name, an unaligned address or a range that wraps;
   *     EBADF for a file's mapping; ENOMEM for a hole, after the rest was named; EAGAIN near {@code
   *     vm/max_map_count}
   */
  public void setAnonVmaName(
      AddressSpace mm, long address, long lengthBytes, @Nullable String name) {
    names.set(mm, address, lengthBytes, name);
  }

  private static void requireZero(long arguments) {
    if (arguments != 0) {
      throw new MemoryException(Errno.EINVAL);
    }
  }

  private static int disableThp(AddressSpace mm, boolean disable, long flags) {
    long allowed = disable ? THP_DISABLE_EXCEPT_ADVISED : 0;
    requireZero(flags & ~allowed);
    mm.mmapWriteLock();
    mm.clearFlag(THP_DISABLED);
    if (disable) {
      mm.setFlag(flags == 0 ? MmFlags.DISABLE_THP_COMPLETELY : MmFlags.DISABLE_THP_EXCEPT_ADVISED);
    }
    mm.mmapWriteUnlock();
    return 0;
  }

  private static int thpDisabled(AddressSpace mm) {
    if (mm.hasFlag(MmFlags.DISABLE_THP_COMPLETELY)) {
      return 1;
    }
    return mm.hasFlag(MmFlags.DISABLE_THP_EXCEPT_ADVISED) ? 1 | THP_DISABLE_EXCEPT_ADVISED : 0;
  }

  /** Marks every area that ksm can use, now and in future, or takes all marks away. */
  private int mergeMemory(AddressSpace mm, boolean merge) {
    mm.mmapWriteLock();
    try {
      if (merge != mm.hasFlag(MmFlags.MERGE_ANY)) {
        markMergeable(mm, merge);
      }
    } finally {
      mm.mmapWriteUnlock();
    }
    return 0;
  }

  private void markMergeable(AddressSpace mm, boolean merge) {
    if (merge) {
      mm.setFlag(MmFlags.MERGEABLE | MmFlags.MERGE_ANY);
    }
    for (Vma vma : mm.vmas().toArray()) {
      long unmarked = vma.flags() & ~VmFlags.MERGEABLE;
      long flags = merge ? MapRegion.withKsm(mm, unmarked, vma.file()) : unmarked;
      if (flags != vma.flags()) {
        modify.resetFlags(vma, flags);
      }
    }
    if (!merge) {
      mm.clearFlag(MmFlags.MERGE_ANY);
    }
  }
}
