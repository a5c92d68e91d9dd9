package dev.elephantfolio.engine.mm;

import dev.elephantfolio.engine.frame.FolioFlags;
import dev.elephantfolio.engine.frame.MemMap;

/** What a resident page of a process is counted as; the order is the kernel's. */
public enum RssKind {
  FILE,
  ANON,
  /** Not resident: a page of the process that is in swap. */
  SWAP,
  SHMEM,
  /** The part of ANON that is mapped by PMDs; counted once more here, and nowhere in Linux. */
  ANON_HUGE;

  /** What the pages of a folio count as. */
  static RssKind of(MemMap memMap, int head) {
    if (memMap.testFlag(head, FolioFlags.ANON)) {
      return ANON;
    }
    return memMap.testFlag(head, FolioFlags.SWAPBACKED) ? SHMEM : FILE;
  }
}
