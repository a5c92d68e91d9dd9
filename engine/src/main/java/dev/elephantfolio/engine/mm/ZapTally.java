package dev.elephantfolio.engine.mm;

import dev.elephantfolio.engine.folio.MapCounts;

/**
 * The pages that one pass over a page table takes away, told to the process and the machine at its
 * end.
 */
final class ZapTally {
  private long anon;
  private long file;
  private long shmem;

  /** Pages that nobody maps any more. */
  private int unmappedAnon;

  private int unmappedFile;

  void remove(RssKind kind, int pages) {
    switch (kind) {
      case ANON -> anon -= pages;
      case FILE -> file -= pages;
      case SHMEM -> shmem -= pages;
      case SWAP, ANON_HUGE -> throw new IllegalArgumentException(kind + " is no kind of folio");
    }
  }

  /** Of the pages of that kind that were removed, so many are mapped nowhere else. */
  void unmapped(RssKind kind, int pages) {
    if (kind == RssKind.ANON) {
      unmappedAnon += pages;
    } else {
      unmappedFile += pages;
    }
  }

  void tell(AddressSpace mm, MapCounts mapCounts) {
    tell(mm, RssKind.ANON, anon);
    tell(mm, RssKind.FILE, file);
    tell(mm, RssKind.SHMEM, shmem);
    mapCounts.tellUnmapped(true, unmappedAnon);
    mapCounts.tellUnmapped(false, unmappedFile);
  }

  private static void tell(AddressSpace mm, RssKind kind, long pages) {
    if (pages != 0) {
      mm.addRss(kind, pages);
    }
  }
}
