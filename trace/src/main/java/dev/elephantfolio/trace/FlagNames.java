package dev.elephantfolio.trace;

import java.util.LinkedHashMap;
import java.util.Map;

/** Names of numbers, as Linux's headers for x86-64 give them. */
final class FlagNames {
  static final FlagNames PROT =
      new FlagNames("PROT_NONE").add(1, "PROT_READ").add(2, "PROT_WRITE").add(4, "PROT_EXEC");

  static final FlagNames MAP =
      new FlagNames("0")
          .add(3, "MAP_SHARED_VALIDATE")
          .add(1, "MAP_SHARED")
          .add(2, "MAP_PRIVATE")
          .add(0x10, "MAP_FIXED")
          .add(0x20, "MAP_ANONYMOUS")
          .add(0x40, "MAP_32BIT")
          .add(0x100, "MAP_GROWSDOWN")
          .add(0x800, "MAP_DENYWRITE")
          .add(0x1000, "MAP_EXECUTABLE")
          .add(0x2000, "MAP_LOCKED")
          .add(0x4000, "MAP_NORESERVE")
          .add(0x8000, "MAP_POPULATE")
          .add(0x10000, "MAP_NONBLOCK")
          .add(0x20000, "MAP_STACK")
          .add(0x40000, "MAP_HUGETLB")
          .add(0x80000, "MAP_SYNC")
          .add(0x100000, "MAP_FIXED_NOREPLACE");

  static final FlagNames MREMAP =
      new FlagNames("0").add(1, "MREMAP_MAYMOVE").add(2, "MREMAP_FIXED").add(4, "MREMAP_DONTUNMAP");

  static final FlagNames MLOCKALL =
      new FlagNames("0").add(1, "MCL_CURRENT").add(2, "MCL_FUTURE").add(4, "MCL_ONFAULT");

  static final FlagNames MLOCK2 = new FlagNames("0").add(1, "MLOCK_ONFAULT");

  static final FlagNames CLONE =
      new FlagNames("0")
          .add(0x100, "CLONE_VM")
          .add(0x200, "CLONE_FS")
          .add(0x400, "CLONE_FILES")
          .add(0x800, "CLONE_SIGHAND")
          .add(0x4000, "CLONE_VFORK")
          .add(0x10000, "CLONE_THREAD")
          .add(0x40000, "CLONE_SYSVSEM")
          .add(0x80000, "CLONE_SETTLS")
          .add(0x100000, "CLONE_PARENT_SETTID")
          .add(0x200000, "CLONE_CHILD_CLEARTID")
          .add(0x1000000, "CLONE_CHILD_SETTID")
          .add(17, "SIGCHLD");

  static final FlagNames ADVICE =
      new FlagNames("MADV_NORMAL")
          .add(1, "MADV_RANDOM")
          .add(2, "MADV_SEQUENTIAL")
          .add(3, "MADV_WILLNEED")
          .add(4, "MADV_DONTNEED")
          .add(8, "MADV_FREE")
          .add(9, "MADV_REMOVE")
          .add(10, "MADV_DONTFORK")
          .add(11, "MADV_DOFORK")
          .add(12, "MADV_MERGEABLE")
          .add(13, "MADV_UNMERGEABLE")
          .add(14, "MADV_HUGEPAGE")
          .add(15, "MADV_NOHUGEPAGE")
          .add(16, "MADV_DONTDUMP")
          .add(17, "MADV_DODUMP")
          .add(18, "MADV_WIPEONFORK")
          .add(19, "MADV_KEEPONFORK")
          .add(20, "MADV_COLD")
          .add(21, "MADV_PAGEOUT")
          .add(22, "MADV_POPULATE_READ")
          .add(23, "MADV_POPULATE_WRITE")
          .add(24, "MADV_DONTNEED_LOCKED")
          .add(25, "MADV_COLLAPSE")
          .add(100, "MADV_HWPOISON")
          .add(101, "MADV_SOFT_OFFLINE")
          .add(102, "MADV_GUARD_INSTALL")
          .add(103, "MADV_GUARD_REMOVE");

  static final FlagNames PRCTL =
      new FlagNames("0")
          .add(15, "PR_SET_NAME")
          .add(16, "PR_GET_NAME")
          .add(22, "PR_SET_SECCOMP")
          .add(23, "PR_CAPBSET_READ")
          .add(35, "PR_SET_MM")
          .add(38, "PR_SET_NO_NEW_PRIVS")
          .add(41, "PR_SET_THP_DISABLE")
          .add(42, "PR_GET_THP_DISABLE")
          .add(67, "PR_SET_MEMORY_MERGE")
          .add(68, "PR_GET_MEMORY_MERGE")
          .add(0x53564d41, "PR_SET_VMA");

  static final FlagNames ERRNO =
      new FlagNames("0")
          .add(1, "EPERM")
          .add(2, "ENOENT")
          .add(3, "ESRCH")
          .add(4, "EINTR")
          .add(5, "EIO")
          .add(9, "EBADF")
          .add(11, "EAGAIN")
          .add(12, "ENOMEM")
          .add(13, "EACCES")
          .add(14, "EFAULT")
          .add(16, "EBUSY")
          .add(17, "EEXIST")
          .add(19, "ENODEV")
          .add(22, "EINVAL")
          .add(23, "ENFILE")
          .add(26, "ETXTBSY")
          .add(38, "ENOSYS")
          .add(75, "EOVERFLOW")
          .add(95, "EOPNOTSUPP");

  private final String none;
  private final Map<Long, String> names = new LinkedHashMap<>();

  private FlagNames(String none) {
    this.none = none;
  }

  private FlagNames add(long value, String name) {
    names.put(value, name);
    return this;
  }

  /** The name of exactly that number, else the number. */
  String of(long value) {
    return value == 0 ? none : names.getOrDefault(value, Long.toString(value));
  }

  /** The names of the bits, joined by |; bits without a name as one hexadecimal number. */
  String ofBits(long bits) {
    StringBuilder text = new StringBuilder();
    long left = bits;
    for (Map.Entry<Long, String> entry : names.entrySet()) {
      long value = entry.getKey();
      if ((left & value) == value) {
        text.append(text.isEmpty() ? "" : "|").append(entry.getValue());
        left &= ~value;
      }
    }
    if (left != 0) {
      text.append(text.isEmpty() ? "" : "|").append("0x").append(Long.toHexString(left));
    }
    return text.isEmpty() ? none : text.toString();
  }
}
