package dev.elephantfolio.engine.mm;

import dev.elephantfolio.engine.folio.FolioSplit;
import dev.elephantfolio.engine.folio.Folios;
import dev.elephantfolio.engine.folio.MapCounts;
import dev.elephantfolio.engine.pagetable.PageTableCursor;

/**
 * Splits a large folio of which advice covers only a part, so that the part can be treated alone.
 * The table that maps it is unlocked meanwhile.
 */
final class PartialFolioSplit {
  /** What came of it. */
  enum Result {
    /** Not tried, for somebody else has the folio too or works on it; the table is locked still. */
    LEFT,
    /** Tried in vain; the table was unlocked and is locked again. */
    FAILED,
    /** Split; look at the same place again. The table was unlocked and is locked again. */
    SPLIT,
    /** The table went while it was unlocked: nothing is locked. */
    GONE
  }

  private final Folios folios;
  private final MapCounts mapCounts;
  private final FolioSplit folioSplit;

  PartialFolioSplit(Folios folios, MapCounts mapCounts, FolioSplit folioSplit) {
    this.folios = folios;
    this.mapCounts = mapCounts;
    this.folioSplit = folioSplit;
  }

  /** Splits {@code head}, which the PTE table held by {@code pte} maps at {@code address}. */
  Result split(PageTableCursor pte, int head, long address) {
    if (mapCounts.maybeMappedShared(head) || !folios.tryLock(head)) {
      return Result.LEFT;
    }
    folios.get(head);
    pte.unlock();
    boolean split = splitLocked(head);
    if (!pte.lockPte(address)) {
      return Result.GONE;
    }
    return split ? Result.SPLIT : Result.FAILED;
  }

  /** Splits a locked folio with a reference of the caller's; drops both. */
  boolean splitLocked(int head) {
    boolean split = folioSplit.split(head, 0, head).isEmpty();
    folios.unlock(head);
    folios.put(head);
    return split;
  }
}
