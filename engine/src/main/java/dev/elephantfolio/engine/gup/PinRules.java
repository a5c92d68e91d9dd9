package dev.elephantfolio.engine.gup;

import dev.elephantfolio.engine.Errno;
import dev.elephantfolio.engine.Kernel;
import dev.elephantfolio.engine.MemoryException;
import dev.elephantfolio.engine.folio.MapCounts;
import dev.elephantfolio.engine.frame.FolioFlags;
import dev.elephantfolio.engine.frame.MemMap;
import dev.elephantfolio.engine.mm.VmFlags;
import dev.elephantfolio.engine.mm.Vma;
import dev.elephantfolio.engine.pagecache.MappedFile;
import dev.elephantfolio.engine.pagetable.Pte;
import org.jspecify.annotations.Nullable;

/**
 * Which pages may be held for what.
 *
 * <pre>
 *  page and purpose                          | rule
 *  ------------------------------------------+------------------------------------------------
 *  pin for reading, anonymous, not exclusive | first made this process's alone: else its next
 *                                            | write would leave the pin with the old copy
 *  long pin for reading, other page, private | the same
 *  writable area
 *  long pin for writing, a file's page       | refused: it would be dirtied behind the file's back
 * </pre>
 *
 * Behaviour: gup_must_unshare, gup_fast_folio_allowed and check_vma_flags of 6.18.
 */
final class PinRules {
  private static final int READ_PIN = GupFlags.PIN;
  private static final int LONG_WRITE_PIN = GupFlags.PIN | GupFlags.LONGTERM | GupFlags.WRITE;

  private final MemMap memMap;
  private final MapCounts mapCounts;

  PinRules(Kernel kernel) {
    this.memMap = kernel.memMap();
    this.mapCounts = kernel.mapCounts();
  }

  /**
   * Whether a page must be made this process's alone before it is held.
   *
   * @param marked the page whose exclusive mark counts: of a huge mapping the first
   * @param vma null when it is not known: then what depends on it is answered by yes
   */
  boolean mustUnshare(long entry, int head, int marked, @Nullable Vma vma, int flags) {
    if (Pte.isWritable(entry) || (flags & (GupFlags.WRITE | GupFlags.PIN)) != READ_PIN) {
      return false;
    }
    if (memMap.testFlag(head, FolioFlags.ANON)) {
      return !mapCounts.isExclusive(marked);
    }
    return GupFlags.has(flags, GupFlags.LONGTERM)
        && (vma == null || VmFlags.isCopyOnWrite(vma.flags()));
  }

  /** Whether a page found without a lock may be held at all; if not, the area must be asked. */
  boolean allowsWithoutArea(int head, int flags) {
    return (flags & LONG_WRITE_PIN) != LONG_WRITE_PIN
        || memMap.testFlag(head, FolioFlags.ANON | FolioFlags.SWAPBACKED);
  }

  /**
   * Checks that pages of an area may be held.
   *
   * @throws MemoryException EFAULT
   */
  static Vma check(@Nullable Vma vma, int flags) {
    if (vma == null || vma.has(VmFlags.IO | VmFlags.PFNMAP) || !allows(vma, flags)) {
      throw new MemoryException(Errno.EFAULT);
    }
    return vma;
  }

  private static boolean allows(Vma vma, int flags) {
    if (!GupFlags.has(flags, GupFlags.WRITE)) {
      return vma.has(VmFlags.READ);
    }
    boolean longPin = (flags & LONG_WRITE_PIN) == LONG_WRITE_PIN;
    return vma.has(VmFlags.WRITE) && !(longPin && tracksDirt(vma));
  }

  /** Whether a file must hear of each page that is written to in the area. */
  private static boolean tracksDirt(Vma vma) {
    MappedFile file = vma.file();
    return file != null && !file.isShmem() && vma.has(VmFlags.SHARED) && vma.has(VmFlags.WRITE);
  }
}
