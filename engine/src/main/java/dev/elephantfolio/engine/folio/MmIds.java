package dev.elephantfolio.engine.folio;

import dev.elephantfolio.engine.frame.FolioFlags;
import dev.elephantfolio.engine.frame.MemMap;
import dev.elephantfolio.engine.mm.AddressSpace;

/**
 * Which address spaces map a large folio: two owner slots with a count each, and the flag
 * MAYBE_MAPPED_SHARED that is clear only while one owner certainly has all mappings.
 *
 * <pre>
 *  slot    | id 0: free          | id n: the address space n has {@code count} of the mappings
 *  shared  | clear: one owner    | set: more than one, or no longer known
 * </pre>
 *
 * Slots and the folio's large mapcount change together under its mapcounts lock. An owner that
 * found no free slot is in no slot; so an unmapping may make a slot's count fall short, which frees
 * it. Behaviour: 6.18, folio_add_large_mapcount and its kin.
 */
final class MmIds {
  private static final int FREE = 0;

  private final MemMap memMap;

  MmIds(MemMap memMap) {
    this.memMap = memMap;
  }

  void add(int head, int mappings, AddressSpace mm) {
    memMap.lockMapCounts(head);
    int total = memMap.addLargeMapCount(head, mappings);
    int id = mm.mmId();
    int slot = slotOf(head, id);
    if (slot >= 0) {
      memMap.setMmIdMapCount(head, slot, memMap.mmIdMapCount(head, slot) + mappings);
    } else if (memMap.mmId(head, 0) == FREE) {
      take(head, 0, id, mappings, total != mappings);
    } else if (memMap.mmId(head, 1) == FREE) {
      take(head, 1, id, mappings, true);
    }
    memMap.unlockMapCounts(head);
  }

  private void take(int head, int slot, int id, int mappings, boolean shared) {
    memMap.setMmId(head, slot, id);
    memMap.setMmIdMapCount(head, slot, mappings);
    if (shared) {
      memMap.setFlag(head, FolioFlags.MAYBE_MAPPED_SHARED);
    }
  }

  void remove(int head, int mappings, AddressSpace mm) {
    memMap.lockMapCounts(head);
    int total = memMap.addLargeMapCount(head, -mappings);
    int slot = slotOf(head, mm.mmId());
    int left = slot < 0 ? 0 : memMap.mmIdMapCount(head, slot) - mappings;
    if (slot >= 0) {
      memMap.setMmIdMapCount(head, slot, Math.max(left, 0));
      if (left <= 0) {
        memMap.setMmId(head, slot, FREE);
      }
    }
    if (left <= 0
        && (memMap.mmIdMapCount(head, 0) == total || memMap.mmIdMapCount(head, 1) == total)) {
      memMap.clearFlag(head, FolioFlags.MAYBE_MAPPED_SHARED);
    }
    memMap.unlockMapCounts(head);
  }

  private int slotOf(int head, int id) {
    if (memMap.mmId(head, 0) == id) {
      return 0;
    }
    return memMap.mmId(head, 1) == id ? 1 : -1;
  }

  boolean exclusiveByCounts(int head) {
    if (memMap.testFlag(head, FolioFlags.MAYBE_MAPPED_SHARED)
        || memMap.largeMapCount(head) != memMap.refCount(head)) {
      return false;
    }
    memMap.lockMapCounts(head);
    boolean exclusive =
        !memMap.testFlag(head, FolioFlags.MAYBE_MAPPED_SHARED)
            && memMap.largeMapCount(head) == memMap.refCount(head);
    memMap.unlockMapCounts(head);
    return exclusive;
  }
}
