package dev.elephantfolio.engine.mm;

import dev.elephantfolio.engine.Errno;
import dev.elephantfolio.engine.Kernel;
import dev.elephantfolio.engine.MemoryException;
import dev.elephantfolio.engine.pagecache.MappedFile;

/**
 * MADV_REMOVE: takes pages out of shared memory, whoever maps them; they read as zeroes afterwards.
 *
 * <p>mmap_lock is held for reading. Behaviour: madvise_remove, mm/madvise.c, and shmem_fallocate,
 * mm/shmem.c, of 6.18.
 */
final class PunchHole {
  private final ZapRange zapRange;

  PunchHole(Kernel kernel) {
    this.zapRange = new ZapRange(kernel);
  }

  /**
   * Punches out what the range of {@code vma} maps.
   *
   * @throws MemoryException EINVAL for a locked or anonymous area, EACCES for one that is private
   *     or may not be written, EOPNOTSUPP for a file
   */
  void punch(Vma vma, long startAddress, long endAddress) {
    MappedFile file = vma.file();
    if (vma.has(VmFlags.LOCKED) || file == null) {
      throw new MemoryException(Errno.EINVAL);
    }
    if (!VmFlags.hasAll(vma.flags(), VmFlags.SHARED | VmFlags.MAYWRITE)) {
      throw new MemoryException(Errno.EACCES);
    }
    if (!file.isShmem()) {
      throw new MemoryException(Errno.EOPNOTSUPP);
    }
    punch(file, vma.pageOffset(startAddress), vma.pageOffset(endAddress));
  }

  private void punch(MappedFile file, long fromPage, long toPage) {
    file.punchHole(fromPage, toPage);
    file.lockMappings();
    try {
      for (Vma vma : file.mappings()) {
        long start = Math.max(vma.start(), vma.addressOf(fromPage));
        long end = Math.min(vma.end(), vma.addressOf(toPage));
        if (start < end) {
          zapRange.clear(vma, start, end);
        }
      }
    } finally {
      file.unlockMappings();
    }
  }
}
