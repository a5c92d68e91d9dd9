package dev.elephantfolio.engine.mm;

import dev.elephantfolio.engine.Errno;
import dev.elephantfolio.engine.MemoryException;

/** Whether a process may have more: the questions that several calls put to its limits. */
final class MmLimits {
  private MmLimits() {}

  /** RLIMIT_AS and, for private writable areas, RLIMIT_DATA. */
  static boolean mayExpand(AddressSpace mm, long vmFlags, long pages) {
    Limits limits = mm.limits();
    if (mm.totalVmPages() + pages > Addresses.pages(limits.addressSpaceBytes())) {
      return false;
    }
    if (!VmFlags.isDataMapping(vmFlags)) {
      return true;
    }
    // A soft limit of 0 is not enforced below the hard limit, which is never set here: programs
    // that keep their heap elsewhere set it to 0 to forbid brk alone.
    return limits.dataBytes() == 0
        || mm.dataVmPages() + pages <= Addresses.pages(limits.dataBytes());
  }

  /** Refuses with ENOMEM what {@link #mayExpand} denies. */
  static void requireExpand(AddressSpace mm, long vmFlags, long pages) {
    if (!mayExpand(mm, vmFlags, pages)) {
      throw new MemoryException(Errno.ENOMEM);
    }
  }

  /** RLIMIT_MEMLOCK for {@code bytes} more in an area with {@code vmFlags}. */
  static boolean mayLock(AddressSpace mm, long vmFlags, long bytes) {
    if (!VmFlags.has(vmFlags, VmFlags.LOCKED) || mm.capabilities().ipcLock()) {
      return true;
    }
    return Addresses.pages(bytes) + mm.lockedVmPages()
        <= Addresses.pages(mm.limits().memlockBytes());
  }

  /** Whether the process may lock memory at all. */
  static boolean canLock(AddressSpace mm) {
    return mm.limits().memlockBytes() != 0 || mm.capabilities().ipcLock();
  }

  /** Whether no more areas fit, as mmap and brk ask: one above the setting is let through. */
  static boolean tooManyAreas(AddressSpace mm, VmSettings settings) {
    return mm.vmas().size() > settings.maxMapCount();
  }
}
