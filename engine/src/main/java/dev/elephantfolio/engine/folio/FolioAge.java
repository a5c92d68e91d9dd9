package dev.elephantfolio.engine.folio;

import dev.elephantfolio.engine.frame.FolioFlags;
import dev.elephantfolio.engine.frame.MemMap;
import dev.elephantfolio.engine.stat.VmEvent;
import dev.elephantfolio.engine.stat.VmEvents;

/**
 * How a folio's age goes up and down by what is done with it.
 *
 * <pre>
 *  REFERENCED ACTIVE | markAccessed gives
 *  ------------------+-------------------------------------
 *  no         any    | REFERENCED
 *  yes        no     | ACTIVE, no longer REFERENCED
 *  yes        yes    | no change
 * </pre>
 *
 * The caller holds a reference, or the lock of a page table that maps the folio. Linux gathers
 * these changes of small folios in batches of 31 a processor, here they happen at once. Behaviour:
 * mm/swap.c of 6.18.
 */
public final class FolioAge {
  private final MemMap memMap;
  private final LruLists lru;
  private final VmEvents events;

  public FolioAge(MemMap memMap, LruLists lru, VmEvents events) {
    this.memMap = memMap;
    this.lru = lru;
    this.events = events;
  }

  /** The folio was used, other than through a page table. */
  public void markAccessed(int head) {
    if (!memMap.testFlag(head, FolioFlags.REFERENCED)) {
      memMap.setFlag(head, FolioFlags.REFERENCED);
      return;
    }
    boolean rises =
        memMap.testFlag(head, FolioFlags.LRU)
            && !memMap.testFlag(head, FolioFlags.UNEVICTABLE | FolioFlags.ACTIVE);
    if (rises) {
      lru.activate(head);
      memMap.clearFlag(head, FolioFlags.REFERENCED);
    }
  }

  /** Nobody will use the folio soon: no longer active, nor remembered as used. */
  public void deactivate(int head) {
    if (memMap.testFlag(head, FolioFlags.ACTIVE)
        && !memMap.testFlag(head, FolioFlags.UNEVICTABLE)) {
      lru.deactivate(head);
    }
  }

  /**
   * The contents of an anonymous folio are not needed: if it is still clean when memory is short,
   * it is dropped. It loses SWAPBACKED, which is how that is remembered.
   */
  public void markLazyFree(int head) {
    boolean eligible =
        memMap.testFlag(head, FolioFlags.ANON)
            && memMap.testFlag(head, FolioFlags.SWAPBACKED)
            && !memMap.testFlag(head, FolioFlags.SWAPCACHE | FolioFlags.UNEVICTABLE);
    if (eligible && lru.isolate(head)) {
      memMap.clearFlag(head, FolioFlags.ACTIVE | FolioFlags.REFERENCED | FolioFlags.SWAPBACKED);
      lru.putBack(head);
      events.count(VmEvent.PGLAZYFREE, memMap.pages(head));
    }
  }
}
