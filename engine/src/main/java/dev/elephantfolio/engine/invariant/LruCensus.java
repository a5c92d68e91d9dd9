package dev.elephantfolio.engine.invariant;

import static dev.elephantfolio.engine.invariant.Census.expect;

import dev.elephantfolio.engine.Kernel;
import dev.elephantfolio.engine.folio.LruList;
import dev.elephantfolio.engine.folio.LruLists;
import dev.elephantfolio.engine.frame.MemMap;
import java.util.EnumMap;
import java.util.HashMap;
import java.util.Map;

/** Walks the LRU lists: each folio is on the list that it should be on, and on no other. */
final class LruCensus {
  private final Kernel kernel;
  private final MemMap memMap;
  private final LruLists lru;

  /** Folios that were met on a list and not held against their flags yet. */
  private final Map<Integer, LruList> listed = new HashMap<>();

  private final Map<LruList, Long> pages = new EnumMap<>(LruList.class);

  LruCensus(Kernel kernel) {
    this.kernel = kernel;
    this.memMap = kernel.memMap();
    this.lru = kernel.folios().lru();
    for (LruList list : LruList.values()) {
      lru.forEachListed(list, head -> enter(head, list));
    }
  }

  private void enter(int head, LruList list) {
    LruList other = listed.put(head, list);
    if (other != null) {
      throw new InvariantError(name(head) + ": met twice, on " + other + " and " + list);
    }
  }

  /**
   * Holds all folios there are against the lists.
   *
   * @param folios each once, and their batches drained
   */
  void check(Iterable<Integer> folios) {
    for (int head : folios) {
      checkFolio(head);
    }
    for (int head : listed.keySet()) {
      throw new InvariantError(name(head) + ": on a list, but nobody's");
    }
    for (LruList list : LruList.values()) {
      long counted = kernel.nodeStats().get(LruLists.sizeOf(list));
      expect(() -> "size of " + list, pages.getOrDefault(list, 0L), counted);
    }
  }

  private void checkFolio(int head) {
    LruList list = lru.listOf(head);
    LruList linked = list == LruList.UNEVICTABLE ? null : list;
    LruList met = listed.remove(head);
    if (met != linked) {
      throw new InvariantError(name(head) + ": should be linked in " + linked + ", met in " + met);
    }
    if (list != null) {
      pages.merge(list, 1L << memMap.order(head), Long::sum);
    }
  }

  private String name(int head) {
    return "folio " + memMap.describe(head);
  }
}
