package dev.elephantfolio.engine.invariant;

import dev.elephantfolio.engine.Kernel;
import java.util.HashMap;
import java.util.Map;
import java.util.Set;

/** What get_user_pages holds of each folio, counted hold by hold. */
final class HeldPages {
  /** By folio. */
  private final Map<Integer, Integer> references = new HashMap<>();

  private final Map<Integer, Integer> pins = new HashMap<>();

  HeldPages(Kernel kernel) {
    kernel.pins().forEachHold((page, holds, pinned) -> add(kernel, page, holds, pinned));
  }

  private void add(Kernel kernel, int page, int holds, boolean pinned) {
    if (pinned && kernel.folioPins().isUncounted(page)) {
      return;
    }
    int head = kernel.memMap().head(page);
    int each = kernel.folioPins().referencesOfOne(head, pinned);
    references.merge(head, holds * each, Integer::sum);
    if (pinned) {
      pins.merge(head, holds, Integer::sum);
    }
  }

  /** The folios that are held, by their heads. */
  Set<Integer> heads() {
    return references.keySet();
  }

  /** How many references of the folio are explained by this. */
  int references(int head) {
    return references.getOrDefault(head, 0);
  }

  /** How often pages of the folio are pinned. */
  int pins(int head) {
    return pins.getOrDefault(head, 0);
  }
}
