package dev.elephantfolio.engine.mm;

import dev.elephantfolio.engine.frame.FolioFlags;
import dev.elephantfolio.engine.frame.MemMap;

/** Resident pages that one pass over a page table takes away, told to the process at its end. */
final class RssDelta {
  private long anon;
  private long file;
  private long shmem;

  /** What the pages of a folio count as. */
  static RssKind kindOf(MemMap memMap, int head) {
    if (memMap.testFlag(head, FolioFlags.ANON)) {
      return RssKind.ANON;
    }
    return memMap.testFlag(head, FolioFlags.SWAPBACKED) ? RssKind.SHMEM : RssKind.FILE;
  }

  void remove(RssKind kind, int pages) {
    switch (kind) {
      case ANON -> anon -= pages;
      case FILE -> file -= pages;
      case SHMEM -> shmem -= pages;
      case SWAP, ANON_HUGE -> throw new IllegalArgumentException(kind + " is no kind of folio");
    }
  }

  void tell(AddressSpace mm) {
    tell(mm, RssKind.ANON, anon);
    tell(mm, RssKind.FILE, file);
    tell(mm, RssKind.SHMEM, shmem);
  }

  private static void tell(AddressSpace mm, RssKind kind, long pages) {
    if (pages != 0) {
      mm.addRss(kind, pages);
    }
  }
}
