package dev.elephantfolio.engine.mm;

import dev.elephantfolio.engine.Errno;
import dev.elephantfolio.engine.MemoryException;
import dev.elephantfolio.engine.pagecache.MappedFile;
import org.jspecify.annotations.Nullable;

/** Names the anonymous areas of a range: PR_SET_VMA_ANON_NAME. */
final class AreaNames {
  private static final int LENGTH_MAX = 79;
  private static final String EXCLUDED = "\\`$[]";

  private final VmaModify modify;

  AreaNames(MmContext context) {
    this.modify = new VmaModify(context);
  }

  /**
   * @throws MemoryException as {@link PrctlCall#setAnonVmaName}
   */
  void set(AddressSpace mm, long address, long lengthBytes, @Nullable String name) {
    long end = address + Addresses.pageCeil(lengthBytes);
    boolean wraps = lengthBytes != 0 && Long.compareUnsigned(end, address) <= 0;
    if ((name != null && !isValid(name)) || !Addresses.isPageAligned(address) || wraps) {
      throw new MemoryException(Errno.EINVAL);
    }
    if (end == address) {
      return;
    }
    // Whatever lies beyond the address space is one hole.
    boolean isBeyond = Long.compareUnsigned(end, Addresses.TASK_SIZE) > 0;
    long stop = isBeyond ? Addresses.TASK_SIZE + Addresses.PAGE_SIZE : end;
    mm.mmapWriteLock();
    try {
      nameAreas(mm, address, stop, name);
    } finally {
      mm.mmapWriteUnlock();
    }
  }

  private static boolean isValid(String name) {
    return name.length() <= LENGTH_MAX && name.chars().allMatch(AreaNames::isValid);
  }

  private static boolean isValid(int character) {
    return character > 0x1f && character < 0x7f && EXCLUDED.indexOf(character) < 0;
  }

  private void nameAreas(AddressSpace mm, long start, long end, @Nullable String name) {
    boolean hole = Long.compareUnsigned(start, end) >= 0;
    long at = start;
    while (at < end) {
      Vma vma = mm.vmas().findIntersection(at, end);
      if (vma == null || vma.start() > at) {
        hole = true;
      }
      if (vma == null) {
        break;
      }
      long from = Math.max(at, vma.start());
      at = Math.min(vma.end(), end);
      nameArea(vma, from, at, name);
    }
    if (hole) {
      throw new MemoryException(Errno.ENOMEM);
    }
  }

  private void nameArea(Vma vma, long start, long end, @Nullable String name) {
    MappedFile file = vma.file();
    if (file != null && !file.isShmem()) {
      throw new MemoryException(Errno.EBADF);
    }
    try {
      Vma named = modify.modifyName(VmaModify.previousOf(vma, start), vma, start, end, name);
      modify.rename(named, name);
    } catch (MemoryException tooManyAreas) {
      throw new MemoryException(Errno.EAGAIN);
    }
  }
}
